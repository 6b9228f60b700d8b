import { type DocumentNode, parse, type Source, TokenKind } from 'graphql'
import { LRUCache } from 'lru-cache'
import { tooComplex } from './refusal.ts'

/**
 * Maximum number of characters of all cached documents together, and of one document. A parsed document needs up to 200
 * bytes per character, so the cache uses at most 50 MB. A limit on the number of documents would not be enough: 1,000
 * documents may have 2 MiB each.
 */
const KEPT_CHARS = 256 * 1024
const LONGEST_KEPT = 16 * 1024

/**
 * The caches of parsed documents for Yoga. A document with a syntax error is not cached, because the token limit
 * already limits the work of parsing it again, and its error would keep the whole text in memory.
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
    /** Removes an invalid document and its errors from the cache. */
    forget: ({ loc }: DocumentNode) => void (loc && documents.delete(loc.source.body)),
  }
}

/** Maximum length of a name. Errors repeat names; the name of the operation even occurs once per variable. */
export const MAX_NAME = 200

/**
 * Maximum number of lines. To locate an error, all lines before it are counted, which takes 60 ms for 2 MB of line
 * breaks.
 */
export const MAX_LINES = 20_000

/** A parser that stops as soon as a limit is exceeded and then throws QUERY_TOO_COMPLEX. */
export function boundedParse(maxTokens: number) {
  // The parser does not count comments as tokens, but it stores them like tokens.
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

/** graphql-js has no error code for this. The message is "Document contains more that 2000 tokens. Parsing aborted." */
const TOO_MANY = /ontains more tha[tn] \d+ (tokens|comments)/
