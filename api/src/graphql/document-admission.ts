import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Env } from '../env.ts'
import { AppError } from '../kit/errors.ts'
import type { Context } from './context.ts'
import { loadPersistedDocuments, type OperationParams } from './persisted.ts'

/** HTTP's word for what is refused here: the request as a whole is. */
const STATUS: Readonly<Record<string, number>> = { PERSISTED_QUERY_NOT_FOUND: 404, FORBIDDEN: 403, BAD_USER_INPUT: 400 }

/**
 * Which documents are run: one that is named by its id is put in place, and where only those of the list are taken, others are
 * refused, which is a denial like any other. `plugin` does it for what goes through Yoga, `admit` for what does not.
 */
export function createDocumentAdmission(env: Env) {
  const documents = loadPersistedDocuments(env)

  const refuse = (error: unknown, context: Context): Promise<never> | never => {
    if (!(error instanceof AppError)) throw error
    const http = { status: STATUS[error.code] ?? 400 }
    const told = new GraphQLError(error.message, { originalError: error, extensions: { http } })
    if (error.code !== 'FORBIDDEN') throw told
    return context.denials.note(context, { action: 'graphql.operation', target: null }, error).then(() => {
      throw told
    })
  }

  const plugin: Plugin<object, Context> = {
    // Yoga reads no `documentId` from a URL.
    onRequestParse({ url, requestParser, setRequestParser }) {
      const documentId = url.searchParams.get('documentId')
      if (documentId !== null && requestParser)
        setRequestParser(async (request) => Object.assign({}, await requestParser(request), { documentId }))
    },
    onParams({ params, setParams, context }) {
      // What is no object is refused by Yoga.
      if (typeof params !== 'object' || params === null) return
      try {
        setParams(documents.resolve(params))
      } catch (error) {
        return refuse(error, context)
      }
    },
  }
  return {
    plugin,
    async admit<Params extends OperationParams>(params: Params, context: Context): Promise<Params> {
      try {
        return documents.resolve(params)
      } catch (error) {
        return refuse(error, context)
      }
    },
  }
}
