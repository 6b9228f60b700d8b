import { notFound } from './failure.ts'

/**
 * The node of an id, as the type that the command requires. Throws Failure (NOT_FOUND) if it does not exist or has
 * another type.
 */
export function nodeAs<Node extends object, Name extends string>(
  node: Node | null,
  typename: Name,
  what: string,
  id: string,
): Extract<Node, { __typename: Name }> {
  if (node === null || !('__typename' in node) || node.__typename !== typename) throw notFound(what, id)
  return node as Extract<Node, { __typename: Name }>
}
