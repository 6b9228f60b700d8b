import type { DocumentNode } from 'graphql'

/**
 * The id of a document, `sha256:<hex>`, by which the API knows it (setting PERSISTED_OPERATIONS). The generator
 * stores it beside each document.
 */
export function documentId(document: DocumentNode): string {
  const meta: unknown = Reflect.get(document, '__meta__')
  if (typeof meta === 'object' && meta !== null && 'hash' in meta && typeof meta.hash === 'string') return meta.hash
  throw new Error('a document has no id: it was edited after its generation')
}
