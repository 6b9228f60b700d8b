/**
 * Thrown for a regular expression that is not supported. `message` continues a sentence that starts with "the pattern".
 */
export class PatternProblem extends Error {}

/** The highest repetition count that RE2 accepts. */
const MAX_REPEAT = 1_000
const QUANTIFIER = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/y
/** What error messages suggest instead of high repetition counts. */
export const LENGTHS = 'use minLength and maxLength to limit the length of a text'
const SPACE =
  '\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}'
const NO_SPACE =
  '\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}'
const ANYTHING = '\\x{0}-\\x{10ffff}'
const CONTROLS: Record<string, number> = { t: 9, n: 10, v: 11, f: 12, r: 13, '0': 0 }

/** A translated expression, and the maximum number of instructions of its program. */
export interface Translated {
  text: string
  size: number
}

/**
 * Translates an ECMAScript regular expression (flag u) into RE2 syntax that matches the same strings. Throws
 * PatternProblem for invalid syntax, and for lookarounds and backreferences, which cannot be matched in linear time.
 */
export function translate(source: string): Translated {
  try {
    new RegExp(source, 'u')
  } catch (error) {
    throw new PatternProblem(`is not one: ${error instanceof Error ? error.message : String(error)}`)
  }
  return new Translator(source).disjunction()
}

/**
 * Parses an expression that RegExp has accepted. Groups do not capture, because only the answer whether a text matches
 * is needed.
 */
class Translator {
  private readonly source: string
  private at = 0
  constructor(source: string) {
    this.source = source
  }

  disjunction(): Translated {
    const out: Translated = { text: '', size: 1 }
    while (this.at < this.source.length && this.source[this.at] !== ')') {
      if (this.takes('|')) {
        out.text += '|'
        out.size++
        continue
      }
      const term = this.quantified(this.atom())
      out.text += term.text
      out.size += term.size
    }
    return out
  }

  private atom(): Translated {
    const { source } = this
    if (this.takes('(')) {
      if (source.startsWith('?=', this.at) || source.startsWith('?!', this.at)) throw this.refusal('a lookahead')
      if (source.startsWith('?<=', this.at) || source.startsWith('?<!', this.at)) throw this.refusal('a lookbehind')
      if (this.takes('?<')) this.at = source.indexOf('>', this.at) + 1
      else if (!this.takes('?:') && source[this.at] === '?') throw this.refusal('a modifier')
      const { text, size } = this.disjunction()
      this.at++
      return { text: `(?:${text})`, size }
    }
    if (this.takes('[')) return { text: this.characterClass(), size: 1 }
    if (this.takes('.')) return { text: '[^\\x{a}\\x{d}\\x{2028}\\x{2029}]', size: 1 }
    if (this.takes('^')) return { text: '^', size: 1 }
    if (this.takes('$')) return { text: '$', size: 1 }
    if (this.takes('\\b')) return { text: '\\b', size: 1 }
    if (this.takes('\\B')) return { text: '\\B', size: 1 }
    if (/\\[1-9k]/y.test(source.slice(this.at, this.at + 2))) throw this.refusal('a backreference')
    const set = this.set()
    if (set !== null) return { text: `[${set}]`, size: 1 }
    return { text: hex(this.character(false)), size: 1 }
  }

  private quantified({ text, size }: Translated): Translated {
    QUANTIFIER.lastIndex = this.at
    const [whole, sign, least, comma, most] = QUANTIFIER.exec(this.source) ?? []
    if (whole === undefined) return { text, size }
    this.at += whole.length
    if (sign) return { text: text + sign, size: size + 1 }
    const n = Number(least)
    const m = most ? Number(most) : n
    if (Math.max(n, m) > MAX_REPEAT) {
      throw new PatternProblem(`repeats something ${Math.max(n, m)} times; expected at most ${MAX_REPEAT} (${LENGTHS})`)
    }
    if (comma && !most) return { text: `${text}{${n},}`, size: Math.max(n, 1) * size + 1 }
    return { text: `${text}{${n},${m}}`, size: Math.max(n * size + (m - n) * (size + 1), 1) }
  }

  private characterClass(): string {
    const negated = this.takes('^')
    let inside = ''
    while (!this.takes(']')) {
      const set = this.set()
      if (set !== null) {
        inside += set
        continue
      }
      const from = this.character(true)
      inside += hex(from)
      const isRange = this.source[this.at] === '-' && this.source[this.at + 1] !== ']'
      if (!isRange) continue
      this.at++
      inside += `-${hex(this.character(true))}`
    }
    if (inside === '') return negated ? `[${ANYTHING}]` : `[^${ANYTHING}]`
    return negated ? `[^${inside}]` : `[${inside}]`
  }

  /**
   * The characters of \d, \s, \w, \p{...} or a negation of these, in the syntax of a character class. Null for anything
   * else.
   */
  private set(): string | null {
    const { source, at } = this
    if (source[at] !== '\\') return null
    const letter = source[at + 1] ?? ''
    if (letter === 'p' || letter === 'P') {
      const end = source.indexOf('}', at)
      const name = source.slice(at + 3, end).replace(/^(?:General_Category|gc|Script|sc)=/, '')
      this.at = end + 1
      return `\\${letter}{${name}}`
    }
    if (!'dDwWsS'.includes(letter)) return null
    this.at += 2
    if (letter === 's') return SPACE
    if (letter === 'S') return NO_SPACE
    return `\\${letter}`
  }

  /** The code point of the next character or escape sequence. */
  private character(inClass: boolean): number {
    const rest = this.source.slice(this.at, this.at + 12)
    if (rest[0] !== '\\') {
      const code = rest.codePointAt(0) ?? 0
      this.at += code > 0xffff ? 2 : 1
      return code
    }
    const [whole = '', braced, pairHigh, pairLow, four, two, control] =
      /^\\(?:u\{([\da-f]+)\}|u(d[89ab][\da-f]{2})\\u(d[c-f][\da-f]{2})|u([\da-f]{4})|x([\da-f]{2})|c([a-z]))/i.exec(
        rest,
      ) ?? []
    if (whole !== '') {
      this.at += whole.length
      if (control) return control.charCodeAt(0) % 32
      if (pairHigh && pairLow) {
        return 0x10000 + ((Number.parseInt(pairHigh, 16) & 0x3ff) << 10) + (Number.parseInt(pairLow, 16) & 0x3ff)
      }
      return Number.parseInt(braced ?? four ?? two ?? '', 16)
    }
    this.at += 2
    if (inClass && rest[1] === 'b') return 8
    return CONTROLS[rest[1] ?? ''] ?? rest.charCodeAt(1)
  }

  private takes(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false
    this.at += text.length
    return true
  }

  private refusal(what: string): PatternProblem {
    return new PatternProblem(`has ${what}, which cannot be matched in linear time; expected RE2 syntax`)
  }
}

const hex = (code: number) => `\\x{${code.toString(16)}}`
