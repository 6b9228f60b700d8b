import { GraphQLError, type ValidationRule } from 'graphql'
import type { Plugin } from 'graphql-yoga'

/** Suffix of graphql-js errors with similar names, which would reveal the schema to a client that guesses. */
const SUGGESTION = ' Did you mean '

/**
 * Disables introspection: `__schema` and `__type` are refused like unknown fields, and errors suggest no names.
 * `__typename` stays. This hides only what the documents of clients do not already contain.
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

/** The rule of graphql-js also reports each field below an introspection field. */
const notTold: ValidationRule = (context) => ({
  Field(node) {
    const name = node.name.value
    if (name !== '__schema' && name !== '__type') return undefined
    context.reportError(new GraphQLError(`${name}: introspection is disabled (INTROSPECTION is off)`, { nodes: node }))
    return false
  },
})

function withoutSuggestion(error: GraphQLError): GraphQLError {
  // No regular expression: the message may contain caller text that repeats the phrase 100,000 times.
  const at = error.message.endsWith('?') ? error.message.lastIndexOf(SUGGESTION) : -1
  if (at < 0) return error
  const { nodes, source, positions, path, originalError, extensions } = error
  const message = error.message.slice(0, at)
  return new GraphQLError(message, { nodes, source, positions, path, originalError, extensions })
}
