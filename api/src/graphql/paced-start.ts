import { type DocumentNode, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql'
import type { Pace } from '../kit/async/pace.ts'

/**
 * For the `extensions` of a root field that waits long for another server, such as an AI provider. When many operations
 * with such a field arrive at once, they start one after another, so that other operations can start in between.
 */
export const STARTS_PACED = { startsPaced: true }

/** The longest wait in milliseconds. */
const WITHIN_MS = 200

/**
 * Returns a function that waits for the start of an operation, or returns null if it may start at once. That is also so
 * for a document that is not in the cache yet: one parse more costs little, and parsing here would need all its limits.
 */
export function createPacedStart(
  schema: GraphQLSchema,
  documents: { get(text: string): DocumentNode | undefined },
  pace: Pace,
): (text: string | null | undefined) => Promise<void> | null {
  const known = new WeakMap<DocumentNode, boolean>()
  return (text) => {
    const document = text ? documents.get(text) : undefined
    if (!document) return null
    let isPaced = known.get(document)
    if (isPaced === undefined) {
      isPaced = document.definitions.some(
        (definition) => definition.kind === Kind.OPERATION_DEFINITION && hasPacedField(schema, definition),
      )
      known.set(document, isPaced)
    }
    return isPaced ? pace(WITHIN_MS) : null
  }
}

function hasPacedField(schema: GraphQLSchema, { operation, selectionSet }: OperationDefinitionNode): boolean {
  const fields = schema.getRootType(operation)?.getFields()
  return selectionSet.selections.some(
    (node) => node.kind === Kind.FIELD && fields?.[node.name.value]?.extensions.startsPaced === true,
  )
}
