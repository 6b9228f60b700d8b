import { type ExecutionResult, GraphQLError, type ValidationRule } from 'graphql'
import type { Plugin } from 'graphql-yoga'

/** graphql-js ends a complaint about a name with those that are like it, which spell the schema out to whoever guesses. */
const SUGGESTION = / Did you mean .+\?$/s

/**
 * Closes the schema to whoever has not got it: `__schema` and `__type` are refused as fields that are not there, and errors
 * suggest no names. `__typename` stays. It hides nothing that a client's own documents do not tell.
 */
export const closedIntrospection: Plugin = {
  onValidate({ addValidationRule }) {
    addValidationRule(notTold)
    return ({ valid, result, setResult }) => {
      if (!valid)
        setResult(result.map((error: Error) => (error instanceof GraphQLError ? withoutSuggestion(error) : error)))
    }
  },
  // What is wrong with variables is found when they are coerced.
  onExecute: () => ({
    onExecuteDone({ result, setResult }) {
      if (isWhole(result) && result.errors) setResult({ ...result, errors: result.errors.map(withoutSuggestion) })
    },
  }),
  onSubscribe: () => ({
    onSubscribeResult({ result, setResult }) {
      if (isWhole(result) && result.errors) setResult({ ...result, errors: result.errors.map(withoutSuggestion) })
    },
  }),
}

/** graphql-js has a rule of its own, with an error for each field that it finds below one of these as well. */
const notTold: ValidationRule = (context) => ({
  Field(node) {
    const name = node.name.value
    if (name !== '__schema' && name !== '__type') return undefined
    context.reportError(
      new GraphQLError(`${name}: the schema is not told here (INTROSPECTION is off)`, { nodes: node }),
    )
    return false
  },
})

const isWhole = (result: unknown): result is ExecutionResult =>
  typeof result === 'object' && result !== null && !(Symbol.asyncIterator in result)

function withoutSuggestion(error: GraphQLError): GraphQLError {
  if (!SUGGESTION.test(error.message)) return error
  const { nodes, source, positions, path, originalError, extensions } = error
  const message = error.message.replace(SUGGESTION, '')
  return new GraphQLError(message, { nodes, source, positions, path, originalError, extensions })
}
