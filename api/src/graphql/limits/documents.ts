import { type DocumentNode, parse, type Source, TokenKind } from 'graphql'
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

/** Characters of a name: errors repeat names, that of an operation once for each of its variables. */
export const MAX_NAME = 200

/** Ends of lines. Whoever tells the place of an error counts those before it: 60 ms in 2 MB of nothing else. */
export const MAX_LINES = 20_000

/** Ends at the limit, however much comes after it. Throws QUERY_TOO_COMPLEX. */
export function boundedParse(maxTokens: number) {
  // Comments are no tokens to the parser, but it keeps them as such.
  const options = { maxLexicalTokens: maxTokens, maxComments: maxTokens }
  return (source: string | Source): DocumentNode => {
    const text = typeof source === 'string' ? source : source.body
    if (hasMoreLines(text, MAX_LINES)) throw tooComplex('lines', MAX_LINES + 1, MAX_LINES, true)
    try {
      const document = parse(source, options)
      const longest = text.length > MAX_NAME ? longestName(document) : 0
      if (longest > MAX_NAME) throw tooComplex('name', longest, MAX_NAME)
      return document
    } catch (error) {
      if (error instanceof Error && TOO_MANY.test(error.message))
        throw tooComplex('tokens', maxTokens + 1, maxTokens, true)
      throw error
    }
  }
}

function hasMoreLines(text: string, most: number): boolean {
  if (text.length <= most) return false
  let ends = 0
  for (const end of ['\n', '\r'])
    for (let at = text.indexOf(end); at >= 0; at = text.indexOf(end, at + 1)) if (++ends > most) return true
  return false
}

function longestName({ loc }: DocumentNode): number {
  let longest = 0
  for (let token = loc?.startToken ?? null; token; token = token.next)
    if (token.kind === TokenKind.NAME) longest = Math.max(longest, token.end - token.start)
  return longest
}

/** graphql-js has no code for it: "Document contains more that 2000 tokens. Parsing aborted." */
const TOO_MANY = /ontains more tha[tn] \d+ (tokens|comments)/
