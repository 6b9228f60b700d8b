import type { ExecutionResult, GraphQLError } from 'graphql'
import type { Context } from '../graphql/context.ts'
import { codedError } from '../graphql/errors.ts'
import { noteErrors } from '../http/error-response.ts'
import type { GraphQLEngine } from '../http/graphql-engine.ts'
import type { Execute } from './tool.ts'

/**
 * Runs operations by the engine that runs those of all other clients, with the limits of all of them. The documents are the tools' own,
 * so an installation that takes listed documents alone takes these.
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
