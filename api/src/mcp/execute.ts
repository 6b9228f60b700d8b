import type { ExecutionResult, GraphQLError } from 'graphql'
import type { Context } from '../graphql/context.ts'
import { codedError } from '../graphql/errors.ts'
import { noteErrors } from '../http/error-response.ts'
import type { GraphQLEngine } from '../http/graphql-engine.ts'
import type { Execute } from './tool.ts'

/**
 * Runs operations with the same engine and the same limits as for other clients. The documents come from the tools and
 * not from clients, so they are accepted even if an installation accepts only persisted documents.
 */
export const executeBy =
  (engine: GraphQLEngine, context: Context): Execute =>
  async (text, variables) => {
    const { schema, parse, validate, contextFactory } = engine.prepare(
      { query: text, variables: { ...variables } },
      context,
    )
    const document = parse(text)
    const invalid: readonly GraphQLError[] = validate(schema, document)
    const result: ExecutionResult =
      invalid.length > 0
        ? { errors: invalid }
        : await engine.execute({ schema, document, variableValues: variables, contextValue: await contextFactory() })
    if (!result.errors) return { data: result.data }
    const errors = result.errors.map((error) => codedError(error, context, context.core.log))
    noteErrors(context, errors)
    return { data: result.data, errors }
  }
