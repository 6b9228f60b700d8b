import { GraphQLError, type ValidationRule } from 'graphql'
import type { Plugin } from 'graphql-yoga'

/**
 * The end of a graphql-js error message that suggests similar names. It would reveal parts of the schema to a client
 * that guesses names.
 */
const SUGGESTION = ' Did you mean '

/**
 * Disables introspection: `__schema` and `__type` are refused like unknown fields, and errors do not suggest names.
 * `__typename` is allowed. This hides only the parts of the schema that the clients' documents do not use.
 */
export const closedIntrospection: Plugin = {
  onValidate({ addValidationRule }) {
    addValidationRule(notTold)
    return ({ valid, result, setResult }) => {
      if (!valid)
        setResult(result.map((error: Error) => (error instanceof GraphQLError ? withoutSuggestion(error) : error)))
    }
  },
}

/** A rule of our own, because that of graphql-js also reports every field below an introspection field. */
const notTold: ValidationRule = (context) => ({
  Field(node) {
    const name = node.name.value
    if (name !== '__schema' && name !== '__type') return undefined
    context.reportError(new GraphQLError(`${name}: introspection is disabled (INTROSPECTION is off)`, { nodes: node }))
    return false
  },
})

function withoutSuggestion(error: GraphQLError): GraphQLError {
  // No regular expression is used, because the message may contain text of the caller that repeats the phrase 100,000
  // times.
  const at = error.message.endsWith('?') ? error.message.lastIndexOf(SUGGESTION) : -1
  if (at < 0) return error
  const { nodes, source, positions, path, originalError, extensions } = error
  const message = error.message.slice(0, at)
  return new GraphQLError(message, { nodes, source, positions, path, originalError, extensions })
}
