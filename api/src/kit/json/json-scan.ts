import { JsonText } from './json-text.ts'

/**
 * Selects the values of a parsed JSON document whose exact text is needed. `text` selects a value; `list` and `object`
 * lead to values inside. If a `list` selection meets a value that is not a list, it applies to the value itself,
 * because GraphQL treats that as a list with one element.
 */
export type TextSelection =
  | { kind: 'text' }
  | { kind: 'list'; element: TextSelection }
  | { kind: 'object'; fields: ReadonlyMap<string, TextSelection> }

/** Deeper than any selection. Limits the recursion for types that refer to themselves. */
const MAX_DEPTH = 100

/**
 * Replaces the selected values of a parsed document with JsonTexts and returns the document. `text` is the JSON from
 * which `value` was parsed. Null stays null. If a member occurs twice, the last one counts, as in JSON.parse. The text
 * is scanned once; this is needed because JSON.parse of Node.js 20 does not give access to the source text.
 */
export function withJsonTexts(text: string, value: unknown, selection: TextSelection): unknown {
  const holder = { value }
  const document = { text, hasEscapes: text.includes('\\') }
  scan(document, skipSpace(text, 0), selection, holder, 'value', 0)
  return holder.value
}

/**
 * Parses a whole document as a JsonText, without surrounding white space. Throws SyntaxError if the JSON is invalid.
 */
export function parseJsonText(text: string): JsonText {
  const value: unknown = JSON.parse(text)
  const start = skipSpace(text, 0)
  return new JsonText(text.slice(start, skipValue(text, start)), value)
}

interface JsonDocument {
  text: string
  /** Whether the text contains a backslash. If not, keys need not be unescaped. */
  hasEscapes: boolean
}

/**
 * Scans one value and returns the position of its end. `holder[key]` is the parsed value, unless a later member with
 * the same name has replaced it.
 */
function scan(
  document: JsonDocument,
  start: number,
  selection: TextSelection,
  holder: object,
  key: string | number,
  depth: number,
): number {
  const { text } = document
  const value: unknown = Object.hasOwn(holder, key) ? Reflect.get(holder, key) : undefined
  if (value === null || value === undefined || depth > MAX_DEPTH) return skipValue(text, start)
  if (selection.kind === 'text') {
    const end = skipValue(text, start)
    const parsed = value instanceof JsonText ? value.value : value
    Reflect.set(holder, key, new JsonText(text.slice(start, end), parsed))
    return end
  }
  const first = text.charCodeAt(start)
  if (selection.kind === 'list') {
    if (first !== OPEN_BRACKET) return scan(document, start, selection.element, holder, key, depth + 1)
    return Array.isArray(value)
      ? scanItems(document, start, selection.element, value, depth + 1)
      : skipValue(text, start)
  }
  return first === OPEN_BRACE && typeof value === 'object'
    ? scanMembers(document, start, selection.fields, value, depth + 1)
    : skipValue(text, start)
}

function scanItems(
  document: JsonDocument,
  start: number,
  element: TextSelection,
  items: unknown[],
  depth: number,
): number {
  const { text } = document
  let at = skipSpace(text, start + 1)
  for (let index = 0; text.charCodeAt(at) !== CLOSE_BRACKET; index++) {
    at = skipSpace(text, scan(document, at, element, items, index, depth))
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1)
  }
  return at + 1
}

function scanMembers(
  document: JsonDocument,
  start: number,
  fields: ReadonlyMap<string, TextSelection>,
  value: object,
  depth: number,
): number {
  const { text } = document
  let at = skipSpace(text, start + 1)
  while (text.charCodeAt(at) !== CLOSE_BRACE) {
    const end = skipString(text, at)
    const name = fieldAt(document, at, end, fields)
    const field = name === undefined ? undefined : fields.get(name)
    // Skips the colon.
    at = skipSpace(text, skipSpace(text, end) + 1)
    at = field ? scan(document, at, field, value, name!, depth) : skipValue(text, at)
    at = skipSpace(text, at)
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1)
  }
  return at + 1
}

/**
 * The selection for the field whose name is between the quotes at `start` and `end`. Most names are not selected, so
 * they are compared without being copied.
 */
function fieldAt(
  { text, hasEscapes }: JsonDocument,
  start: number,
  end: number,
  fields: ReadonlyMap<string, TextSelection>,
): string | undefined {
  for (const name of fields.keys()) if (name.length === end - start - 2 && text.startsWith(name, start + 1)) return name
  if (!hasEscapes) return undefined
  const key = text.slice(start, end)
  const unescaped: string | undefined = key.includes('\\') ? JSON.parse(key) : undefined
  return unescaped !== undefined && fields.has(unescaped) ? unescaped : undefined
}

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

function skipSpace(text: string, start: number): number {
  let at = start
  // In valid JSON the only characters up to 0x20 are space, tab, line feed and carriage return.
  while (text.charCodeAt(at) <= 0x20) at++
  return at
}

/** Returns the position after the closing quote. `start` is the position of the opening quote. */
function skipString(text: string, start: number): number {
  let at = start + 1
  for (;;) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at + 1
    at += code === BACKSLASH ? 2 : 1
  }
}

function skipValue(text: string, start: number): number {
  const first = text.charCodeAt(start)
  if (first === QUOTE) return skipString(text, start)
  let at = start
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    for (;;) {
      const code = text.charCodeAt(at)
      // After the end of the text the character code is NaN, for which all comparisons are false.
      if (!(code > 0x20) || code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET) return at
      at++
    }
  }
  let depth = 0
  for (;;) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = skipString(text, at)
      continue
    }
    at++
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++
    else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) return at
  }
}
