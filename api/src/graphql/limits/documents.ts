import { type DocumentNode, parse, type Source } from 'graphql'
import { LRUCache } from 'lru-cache'
import { tooComplex } from './refusal.ts'

/**
 * Characters of all documents that are kept, and of one. A parsed document takes up to 200 bytes a character: 50 MB at most,
 * where a bound on their number alone would let a thousand documents of 2 MiB take all memory there is.
 */
const KEPT_CHARS = 256 * 1024
const LONGEST_KEPT = 16 * 1024

/**
 * Yoga's caches of parsed documents. Those that cannot be parsed are not kept: finding that out again costs at most the limit
 * of tokens, and their errors hold on to the whole text.
 */
export function createDocumentCache() {
  const documents = new LRUCache<string, DocumentNode>({
    maxSize: KEPT_CHARS,
    maxEntrySize: LONGEST_KEPT,
    sizeCalculation: (_document, text) => text.length + 1,
  })
  return {
    documentCache: documents,
    errorCache: { get: () => undefined, set: () => undefined },
    /** Drops a document that turned out to be invalid: with it go its errors, which are kept as long as it is. */
    forget: ({ loc }: DocumentNode) => void (loc && documents.delete(loc.source.body)),
  }
}

/** Ends at the limit, however much comes after it. Throws QUERY_TOO_COMPLEX. */
export function boundedParse(maxTokens: number) {
  // Comments are no tokens to the parser, but it keeps them as such.
  const options = { maxLexicalTokens: maxTokens, maxComments: maxTokens }
  return (source: string | Source): DocumentNode => {
    try {
      return parse(source, options)
    } catch (error) {
      if (error instanceof Error && TOO_MANY.test(error.message))
        throw tooComplex('tokens', maxTokens + 1, maxTokens, true)
      throw error
    }
  }
}

/** graphql-js has no code for it: "Document contains more that 2000 tokens. Parsing aborted." */
const TOO_MANY = /ontains more tha[tn] \d+ (tokens|comments)/
