import { type ASTNode, BREAK, type DocumentNode, GraphQLError, Kind, type ValueNode, visit } from 'graphql'
import { badInput } from '../kit/errors.ts'
import { JsonLiteralError } from './types/json-scalar.ts'

/**
 * Converts a validation error about a JSON literal to BAD_USER_INPUT with the path of the value. Returns other errors
 * unchanged.
 */
export function withLiteralPath<ErrorType extends Error>(
  error: ErrorType,
  document: DocumentNode,
): ErrorType | GraphQLError {
  if (!(error instanceof JsonLiteralError) || !error.nodes?.[0]) return error
  const [node] = error.nodes
  const originalError = badInput(pathOf(document, node as ValueNode), error.message)
  return new GraphQLError(originalError.message, { nodes: node, originalError, extensions: { http: { status: 400 } } })
}

/** The path of a value, starting at its argument, or at the variable if the value is a default. */
function pathOf(document: DocumentNode, value: ValueNode): string[] {
  const names: string[] = []
  visit(document, {
    enter(node, _key, _parent, keys) {
      if (node !== value) return undefined
      let step: unknown = document
      for (const [i, key] of keys.entries()) {
        step = Reflect.get(step as object, key)
        const name = nameOf(step)
        if (name !== null) names.push(name)
        else if (keys[i - 1] === 'values') names.push(String(key))
      }
      return BREAK
    },
  })
  return names
}

function nameOf(step: unknown): string | null {
  const node = step as ASTNode
  if (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD) return node.name.value
  return node.kind === Kind.VARIABLE_DEFINITION ? node.variable.name.value : null
}
