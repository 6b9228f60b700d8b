import { randomBytes } from 'node:crypto'
import { badInput } from '../errors.ts'

/**
 * Maximum nesting of JSON. There must be a limit because JSON parsers are recursive, including that of PostgreSQL.
 * Inputs with a stricter limit pass it to `read`.
 */
export const MAX_JSON_LEVELS = 200

const UNREAD = Symbol('unread')

/**
 * A JSON value, kept as its original text. JSON.parse rounds numbers that do not fit a double, moves keys that look
 * like integers to the front, and drops white space and escape sequences. The text keeps all of this (RFC 8259, section
 * 6). `stringifyJson` writes the text to its output without any change.
 */
export class JsonText {
  readonly text: string
  #value: unknown
  #shape: Shape | undefined

  /** `text` must be valid JSON. `value` is the parsed value if the caller has it already. */
  constructor(text: string, value: unknown = UNREAD) {
    this.text = text
    this.#value = value
  }

  /** Creates a JsonText from a value. */
  static of(value: unknown): JsonText {
    return new JsonText(stringifyJson(value), value)
  }

  /** The parsed value. Numbers that do not fit a double are Infinity, so use `read` for an input. */
  get value(): unknown {
    if (this.#value === UNREAD) this.#value = JSON.parse(this.text)
    return this.#value
  }

  /**
   * The parsed value of an input. Throws BAD_USER_INPUT at `path` if it has more than `maxLevels` levels, and at the
   * path of a number that does not fit a double.
   */
  read(path: readonly string[], maxLevels: number = MAX_JSON_LEVELS): unknown {
    const { levels, overflow } = this.#measure()
    if (levels > maxLevels) throw badInput(path, `is nested more than ${maxLevels} levels deep`)
    if (overflow)
      throw badInput([...path, ...overflow], 'is a number beyond ±1.7976931348623157e308; send it as a string')
    return this.value
  }

  /** The number of nesting levels. MAX_JSON_LEVELS + 1 means that there are more than MAX_JSON_LEVELS. */
  get levels(): number {
    return this.#measure().levels
  }

  #measure(): Shape {
    this.#shape ??= measure(this.value)
    return this.#shape
  }

  /**
   * JSON.stringify calls this. Inside `stringifyJson` it returns a marker that is later replaced with the text;
   * otherwise the value.
   */
  toJSON(): unknown {
    if (!collected) return this.value
    collected.push(this.text)
    return MARK
  }
}

interface Shape {
  /** MAX_JSON_LEVELS + 1 means that there are more than MAX_JSON_LEVELS. */
  levels: number
  /** The path of the first number that does not fit a double. */
  overflow: string[] | null
}

function measure(value: unknown): Shape {
  const levels = levelsOf(value, 0)
  return { levels: Math.abs(levels), overflow: levels < 0 ? overflowIn(value, 0) : null }
}

/**
 * The number of levels of a value that is at depth `level`. Negative if the value contains a number that is not finite.
 * This runs for every payload, so there are no closures, and strings are skipped.
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

/**
 * The texts that the current call of JSON.stringify has found, in the order of the output. Null outside
 * `stringifyJson`.
 */
let collected: string[] | null = null

/** A random marker. No input can contain it, and no output shows it. */
const MARK = `json-text:${randomBytes(16).toString('hex')}`
const QUOTED_MARK = JSON.stringify(MARK)

/** Like JSON.stringify, but writes the original text of each JsonText. */
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
