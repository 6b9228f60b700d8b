import { notFound } from './failure.ts'

/**
 * Checks that the node of an id exists and has the type that the command needs. Throws Failure (NOT_FOUND) otherwise.
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
