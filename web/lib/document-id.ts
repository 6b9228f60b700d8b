import type { DocumentNode } from 'graphql'

/**
 * The id of a document, `sha256:<hex>`. The API knows the document by this id (setting PERSISTED_OPERATIONS). The code
 * generator stores the id beside each document.
 */
export function documentId(document: DocumentNode): string {
  const meta: unknown = Reflect.get(document, '__meta__')
  if (typeof meta === 'object' && meta !== null && 'hash' in meta && typeof meta.hash === 'string') return meta.hash
  throw new Error('a document has no id: it was edited after its generation')
}
