import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Env } from '../env.ts'
import { AppError } from '../kit/errors.ts'
import type { Context } from './context.ts'
import { loadPersistedDocuments, type OperationParams } from './persisted.ts'

/** HTTP statuses of refused requests, by error code. */
const STATUS: Readonly<Record<string, number>> = { PERSISTED_QUERY_NOT_FOUND: 404, FORBIDDEN: 403, BAD_USER_INPUT: 400 }

/**
 * Decides which documents may run. If a request contains the id of a persisted document, the id is replaced by the
 * text. If only persisted documents are allowed, all others are refused, and the denial is audited. `plugin` handles
 * requests that Yoga handles, `admit` all others.
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
    // Yoga does not read `documentId` from the URL, so this is done here.
    onRequestParse({ url, requestParser, setRequestParser }) {
      const documentId = url.searchParams.get('documentId')
      if (documentId !== null && requestParser)
        setRequestParser(async (request) => Object.assign({}, await requestParser(request), { documentId }))
    },
    onParams({ params, setParams, context }) {
      // Parameters that are not an object are refused by Yoga.
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
