import { RE2Set } from 're2js'
import { LENGTHS, PatternProblem, type Translated, translate } from './translate.ts'

export { PatternProblem } from './translate.ts'

/** A regular expression that is matched in time linear in the length of the text. */
export interface Pattern {
  source: string
  /** Number of instructions of the compiled program. Each instruction may run once per character. */
  size: number
  /**
   * Whether several subschemas may match the pattern against the same text. If so, the result is cached until the run
   * ends.
   */
  repeated: boolean
  test(text: string): boolean
}

/** The patterns of one schema. Equal patterns are compiled once. */
export interface Patterns {
  /** The pattern with this source. Throws PatternProblem. */
  of(source: string): Pattern
  /** Ends a run and discards the cached results. */
  forget(): void
}

export const MAX_PATTERN_LENGTH = 2_000
/** With this size, matching 256 KiB of text takes up to one second. */
export const MAX_PATTERN_SIZE = 600
/**
 * Memory limits for cached automaton states, in bytes. all: for the whole schema. each: for one pattern. least: for one
 * pattern if the schema has very many.
 */
const MEMORY = { all: 32 << 20, each: 4 << 20, least: 16 << 10 }

export function createPatterns(): Patterns {
  const patterns = new Map<string, Pattern>()
  const answers = new Map<Pattern, Map<string, boolean>>()
  const memory = () => Math.max(MEMORY.least, Math.min(MEMORY.each, Math.floor(MEMORY.all / patterns.size)))

  const compile = (source: string): Pattern => {
    const { text, size } = checked(source)
    // Compiled when first used. Then the number of patterns that share the memory is known.
    let program: RE2Set | undefined
    const matches = (subject: string) => {
      program ??= parse(text, memory())
      return program.match(subject).length > 0
    }
    const pattern: Pattern = {
      source,
      size,
      repeated: false,
      test: (subject) => (pattern.repeated ? remembered(pattern, subject, matches) : matches(subject)),
    }
    return pattern
  }
  const remembered = (pattern: Pattern, subject: string, matches: (subject: string) => boolean) => {
    const patternAnswers = answers.get(pattern) ?? new Map<string, boolean>()
    answers.set(pattern, patternAnswers)
    const answer = patternAnswers.get(subject) ?? matches(subject)
    patternAnswers.set(subject, answer)
    return answer
  }
  return {
    of(source) {
      const pattern = patterns.get(source) ?? compile(source)
      patterns.set(source, pattern)
      return pattern
    },
    forget() {
      if (answers.size > 0) answers.clear()
    },
  }
}

function checked(source: string): Translated {
  if (source.length > MAX_PATTERN_LENGTH)
    throw new PatternProblem(`has ${source.length} characters; expected at most ${MAX_PATTERN_LENGTH}`)
  const translated = translate(source)
  if (translated.size > MAX_PATTERN_SIZE) {
    const steps = `comes to ${translated.size} steps with its repetitions written out`
    throw new PatternProblem(`${steps}; expected at most ${MAX_PATTERN_SIZE} (${LENGTHS})`)
  }
  parse(translated.text, MEMORY.least)
  return translated
}

/**
 * Compiles an expression as a set with one pattern. In re2js only the matcher for sets limits its memory. It also does
 * not search for literal texts, which can take quadratic time.
 */
function parse(text: string, memory: number): RE2Set {
  const set = new RE2Set(RE2Set.UNANCHORED, 0, memory)
  try {
    set.add(text)
  } catch (error) {
    throw new PatternProblem(`is not supported by RE2: ${error instanceof Error ? error.message : String(error)}`)
  }
  return set
}
