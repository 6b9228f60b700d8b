import { randomBytes } from 'node:crypto'
import { badInput } from '../errors.ts'

/** JSON parsers recurse, including PostgreSQL's. Inputs with a stricter limit pass it to `read`. */
export const MAX_JSON_LEVELS = 200

const UNREAD = Symbol('unread')

/**
 * A JSON value as its original text. JSON.parse rounds numbers beyond double precision, moves integer-like keys to
 * the front and drops white space and escapes; the text preserves all of them (RFC 8259, section 6). `stringifyJson`
 * writes the text to its output byte for byte.
 */
export class JsonText {
  readonly text: string
  #value: unknown
  #shape: Shape | undefined

  /** `text` is valid JSON; `value` is its parsed value if the caller already has it. */
  constructor(text: string, value: unknown = UNREAD) {
    this.text = text
    this.#value = value
  }

  /** Creates the text of a value that has none. */
  static of(value: unknown): JsonText {
    return new JsonText(stringifyJson(value), value)
  }

  /** The parsed value. Numbers beyond the range of a double are Infinity; use `read` for input. */
  get value(): unknown {
    if (this.#value === UNREAD) this.#value = JSON.parse(this.text)
    return this.#value
  }

  /**
   * The parsed value of an input. Throws BAD_USER_INPUT at `path` for more than `maxLevels` nesting levels, and at
   * the path of a number that exceeds the range of a double.
   */
  read(path: readonly string[], maxLevels: number = MAX_JSON_LEVELS): unknown {
    const { levels, overflow } = this.#measure()
    if (levels > maxLevels) throw badInput(path, `is nested more than ${maxLevels} levels deep`)
    if (overflow)
      throw badInput([...path, ...overflow], 'is a number beyond ±1.7976931348623157e308; send it as a string')
    return this.value
  }

  /** Nesting depth; MAX_JSON_LEVELS + 1 stands for any greater depth. */
  get levels(): number {
    return this.#measure().levels
  }

  #measure(): Shape {
    this.#shape ??= measure(this.value)
    return this.#shape
  }

  /**
   * Called by JSON.stringify: inside `stringifyJson` it returns a marker that is replaced with the text, otherwise
   * the value.
   */
  toJSON(): unknown {
    if (!collected) return this.value
    collected.push(this.text)
    return MARK
  }
}

interface Shape {
  /** MAX_JSON_LEVELS + 1 stands for any greater depth. */
  levels: number
  /** The path of the first number that overflowed to Infinity. */
  overflow: string[] | null
}

function measure(value: unknown): Shape {
  const levels = levelsOf(value, 0)
  return { levels: Math.abs(levels), overflow: levels < 0 ? overflowIn(value, 0) : null }
}

/**
 * The nesting depth of a value at depth `level`; negative if it contains a non-finite number. It runs on every
 * payload, so it avoids closures and skips strings.
 */
function levelsOf(value: unknown, level: number): number {
  if (typeof value === 'number') return Number.isFinite(value) ? level : -Math.max(level, 1)
  if (typeof value !== 'object' || value === null) return level
  const below = level + 1
  if (below > MAX_JSON_LEVELS) return below
  let deepest = below
  let allFinite = true
  const members: Iterable<unknown> = Array.isArray(value) ? value : Object.values(value)
  for (const member of members) {
    if (typeof member !== 'number' && typeof member !== 'object') continue
    const levels = levelsOf(member, below)
    if (levels < 0) allFinite = false
    deepest = Math.max(deepest, Math.abs(levels))
  }
  return allFinite ? deepest : -deepest
}

function overflowIn(value: unknown, level: number): string[] | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : []
  if (typeof value !== 'object' || value === null || level > MAX_JSON_LEVELS) return null
  for (const key in value) {
    const path = overflowIn((value as Record<string, unknown>)[key], level + 1)
    if (path) return [key, ...path]
  }
  return null
}

/** The texts met by the current JSON.stringify call, in output order; null outside `stringifyJson`. */
let collected: string[] | null = null

/** A random marker that no input can contain and no output shows. */
const MARK = `json-text:${randomBytes(16).toString('hex')}`
const QUOTED_MARK = JSON.stringify(MARK)

/** JSON.stringify that writes the original text of each JsonText. */
export function stringifyJson(value: unknown): string {
  const outer = collected
  const texts: string[] = []
  collected = texts
  let output: string
  try {
    output = JSON.stringify(value)
  } finally {
    collected = outer
  }
  if (texts.length === 0) return output
  const pieces = output.split(QUOTED_MARK)
  if (pieces.length !== texts.length + 1) throw new Error('the texts of a JSON document do not match its markers')
  let spliced = pieces[0]!
  for (let i = 0; i < texts.length; i++) spliced += texts[i]! + pieces[i + 1]!
  return spliced
}
