import { randomBytes } from 'node:crypto'
import { badInput } from './errors.ts'

/** JSON parsers recurse, PostgreSQL's among them. Inputs with a stricter limit of their own pass it to `read`. */
export const MAX_JSON_LEVELS = 200

const UNREAD = Symbol('unread')

/**
 * A JSON value as the text it was written in. JSON.parse rounds numbers beyond a double's precision, moves integer-like keys to
 * the front and drops white space and escapes; the text keeps all of them (RFC 8259, section 6). `stringifyJson` puts the text
 * into its output byte for byte.
 */
export class JsonText {
  readonly text: string
  #value: unknown
  #shape: Shape | undefined

  /** `text` is valid JSON. `value` is what it parses to, where the caller has parsed it already. */
  constructor(text: string, value: unknown = UNREAD) {
    this.text = text
    this.#value = value
  }

  /** The text of a value that never had one. */
  static of(value: unknown): JsonText {
    return new JsonText(stringifyJson(value), value)
  }

  /** The parsed value. Numbers beyond the range of a double are Infinity; use `read` for input. */
  get value(): unknown {
    if (this.#value === UNREAD) this.#value = JSON.parse(this.text)
    return this.#value
  }

  /**
   * The parsed value of an input at `path`. Throws BAD_USER_INPUT for more than `maxLevels` levels of nesting, and for a number
   * that no double can hold, at the path of that number.
   */
  read(path: readonly string[], maxLevels: number = MAX_JSON_LEVELS): unknown {
    const { levels, overflow } = this.#measure()
    if (levels > maxLevels) throw badInput(path, `is nested more than ${maxLevels} levels deep`)
    if (overflow)
      throw badInput([...path, ...overflow], 'is a number beyond ±1.7976931348623157e308; send it as a string')
    return this.value
  }

  /** Levels of nesting; MAX_JSON_LEVELS + 1 stands for any greater depth. */
  get levels(): number {
    return this.#measure().levels
  }

  #measure(): Shape {
    this.#shape ??= measure(this.value)
    return this.#shape
  }

  /** Called by JSON.stringify: within `stringifyJson` a mark that the text replaces, elsewhere the value. */
  toJSON(): unknown {
    if (!collected) return this.value
    collected.push(this.text)
    return MARK
  }
}

interface Shape {
  /** MAX_JSON_LEVELS + 1 stands for any greater depth. */
  levels: number
  /** The path of the first number that overflowed to infinity. */
  overflow: string[] | null
}

function measure(value: unknown): Shape {
  const levels = levelsOf(value, 0)
  return { levels: Math.abs(levels), overflow: levels < 0 ? overflowIn(value, 0) : null }
}

/**
 * The levels of a value that stands `level` levels deep; negative where it holds a number that is not finite. Every payload is
 * measured: no closure, and no call for texts.
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

/** The texts that one run of JSON.stringify has met, in the order of its output; null outside `stringifyJson`. */
let collected: string[] | null = null

/** No input can hold it: it is random, and no output contains it. */
const MARK = `json-text:${randomBytes(16).toString('hex')}`
const QUOTED_MARK = JSON.stringify(MARK)

/** JSON.stringify, with the text of each JsonText in its place. */
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
  if (pieces.length !== texts.length + 1) throw new Error('the texts of a JSON document do not fit its marks')
  let spliced = pieces[0]!
  for (let i = 0; i < texts.length; i++) spliced += texts[i]! + pieces[i + 1]!
  return spliced
}
