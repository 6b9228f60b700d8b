import { RE2Set } from 're2js'
import { LENGTHS, PatternProblem, type Translated, translate } from './translate.ts'

export { PatternProblem } from './translate.ts'

/** A regular expression that is matched in time linear in the text, whatever the two are. */
export interface Pattern {
  source: string
  /** Instructions of its program. Each may be looked at for each character. */
  size: number
  /** Several subschemas may ask it of one text: the answer is kept for the run. */
  repeated: boolean
  test(text: string): boolean
}

/** The patterns of one schema, each compiled once. */
export interface Patterns {
  /** Throws PatternProblem. */
  of(source: string): Pattern
  /** Ends a run: forgets the texts. */
  forget(): void
}

export const MAX_PATTERN_LENGTH = 2_000
/** 256 KiB of text take a second where every instruction is looked at for every character. */
export const MAX_PATTERN_SIZE = 600
/** What remembered states may take: together, each, and in a schema of very many patterns. Bytes. */
const MEMORY = { all: 32 << 20, each: 4 << 20, least: 16 << 10 }

export function createPatterns(): Patterns {
  const known = new Map<string, Pattern>()
  const answers = new Map<Pattern, Map<string, boolean>>()
  const memory = () => Math.max(MEMORY.least, Math.min(MEMORY.each, Math.floor(MEMORY.all / known.size)))

  const compile = (source: string): Pattern => {
    const { text, size } = checked(source)
    // Compiled when it is first asked: by then it is known how many share the memory.
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
    const known = answers.get(pattern) ?? new Map<string, boolean>()
    answers.set(pattern, known)
    const answer = known.get(subject) ?? matches(subject)
    known.set(subject, answer)
    return answer
  }
  return {
    of(source) {
      const pattern = known.get(source) ?? compile(source)
      known.set(source, pattern)
      return pattern
    },
    forget() {
      if (answers.size > 0) answers.clear()
    },
  }
}

function checked(source: string): Translated {
  if (source.length > MAX_PATTERN_LENGTH)
    throw new PatternProblem(`has ${source.length} characters; takes at most ${MAX_PATTERN_LENGTH}`)
  const translated = translate(source)
  if (translated.size > MAX_PATTERN_SIZE) {
    const steps = `comes to ${translated.size} steps with its repetitions written out`
    throw new PatternProblem(`${steps}; takes at most ${MAX_PATTERN_SIZE} (${LENGTHS})`)
  }
  parse(translated.text, MEMORY.least)
  return translated
}

/** A set of one: of what re2js has, it alone bounds its memory, and it looks for no literals, which may be quadratic. */
function parse(text: string, memory: number): RE2Set {
  const set = new RE2Set(RE2Set.UNANCHORED, 0, memory)
  try {
    set.add(text)
  } catch (error) {
    throw new PatternProblem(`is not what RE2 takes: ${error instanceof Error ? error.message : String(error)}`)
  }
  return set
}
