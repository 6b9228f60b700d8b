import { JsonText } from './json-text.ts'

/**
 * Where in a parsed JSON document the exact text is wanted: `text` marks such a value, the others lead to one. A `list` that
 * meets a value which is no list applies to that value itself, as GraphQL coerces it.
 */
export type TextSelection =
  | { kind: 'text' }
  | { kind: 'list'; of: TextSelection }
  | { kind: 'object'; fields: ReadonlyMap<string, TextSelection> }

/** Deeper than any selection leads. It bounds the recursion for types that contain themselves. */
const MAX_DEPTH = 100

/**
 * Replaces the selected values of a parsed document by JsonTexts with their part of `text`, in place, and returns the document.
 * `text` is what JSON.parse made `value` of: it is trusted to be well-formed. A null stays null. Where a member occurs twice, the
 * last one counts, as for JSON.parse. Node.js 20 has no JSON.parse with source access; this walks the characters once.
 */
export function withJsonTexts(text: string, value: unknown, selection: TextSelection): unknown {
  const holder = { value }
  const document = { text, hasEscapes: text.includes('\\') }
  scan(document, skipSpace(text, 0), selection, holder, 'value', 0)
  return holder.value
}

/** A whole document as a JsonText, without the white space around it. Throws SyntaxError for text that is not JSON. */
export function parseJsonText(text: string): JsonText {
  const value: unknown = JSON.parse(text)
  const start = skipSpace(text, 0)
  return new JsonText(text.slice(start, skipValue(text, start)), value)
}

interface JsonDocument {
  text: string
  /** Whether a backslash occurs anywhere. Without one, every key stands in the text as it is. */
  hasEscapes: boolean
}

/** Returns where the value ends. `holder[key]` is the parsed value, unless a later member of the same name has replaced it. */
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
    if (first !== OPEN_BRACKET) return scan(document, start, selection.of, holder, key, depth + 1)
    return Array.isArray(value) ? scanItems(document, start, selection.of, value, depth + 1) : skipValue(text, start)
  }
  return first === OPEN_BRACE && typeof value === 'object'
    ? scanMembers(document, start, selection.fields, value, depth + 1)
    : skipValue(text, start)
}

function scanItems(document: JsonDocument, start: number, of: TextSelection, items: unknown[], depth: number): number {
  const { text } = document
  let at = skipSpace(text, start + 1)
  for (let index = 0; text.charCodeAt(at) !== CLOSE_BRACKET; index++) {
    at = skipSpace(text, scan(document, at, of, items, index, depth))
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
    // Past the colon.
    at = skipSpace(text, skipSpace(text, end) + 1)
    at = field ? scan(document, at, field, value, name!, depth) : skipValue(text, at)
    at = skipSpace(text, at)
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1)
  }
  return at + 1
}

/** The selected field whose name stands between the quotes at `start` and `end`. Most keys are none: they are not copied. */
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
  // Space, tab, line feed and carriage return are the only characters of JSON up to 0x20.
  while (text.charCodeAt(at) <= 0x20) at++
  return at
}

/** `start` is at the opening quote; returns the place after the closing one. */
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
      // NaN, past the end of the text, compares false to everything.
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
