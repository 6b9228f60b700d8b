import { GraphQLError, type ValidationRule } from 'graphql'
import type { Plugin } from 'graphql-yoga'

/** So graphql-js ends a complaint about a name, with those that are like it: they spell the schema out to whoever guesses. */
const SUGGESTION = ' Did you mean '

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

function withoutSuggestion(error: GraphQLError): GraphQLError {
  // No expression: the message may have a text of the caller's, which has it a hundred thousand times.
  const at = error.message.endsWith('?') ? error.message.lastIndexOf(SUGGESTION) : -1
  if (at < 0) return error
  const { nodes, source, positions, path, originalError, extensions } = error
  const message = error.message.slice(0, at)
  return new GraphQLError(message, { nodes, source, positions, path, originalError, extensions })
}
