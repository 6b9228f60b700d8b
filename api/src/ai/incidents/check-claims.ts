import type { IncidentFact } from '../intents.ts'

interface Line {
  text: string
  facts: readonly string[]
}

/**
 * Returns what the lines of an explanation claim without a fact behind it, or null. Every fact that a line names must
 * exist, and every number in a line must be in one of its facts. A computed or invented number is refused, and so is
 * one in words.
 */
export function unsupportedClaim(facts: readonly IncidentFact[], lines: readonly Line[]): string | null {
  const byId = new Map(facts.map((fact) => [fact.id, fact.text]))
  for (const [index, line] of lines.entries()) {
    const texts: string[] = []
    for (const id of line.facts) {
      const text = byId.get(id)
      if (text === undefined) return `rests line ${index + 1} on a fact that was not given`
      texts.push(text)
    }
    const factText = texts.join('\n')
    const words = new Set(wordsOf(factText))
    // A name such as "Seven Seas" comes from a fact.
    if (wordsOf(line.text).some((word) => NUMBER_WORDS.has(word) && !words.has(word)))
      return `writes a number of line ${index + 1} in words`
    // A name may end where a number begins: the figures of "a0,1" are 0.1 and, without the name "a0", 1.
    const numbers = new Set([...numbersOf(factText), ...numbersOf(withoutNames(factText, factText))])
    for (const token of numberTokens(withoutNames(line.text, factText)))
      if (!readings(token).some((reading) => numbers.has(reading)))
        return `has a number in line ${index + 1} that is in none of its facts`
  }
  return null
}

const NUMBER_WORDS = new Set(
  `two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty
  forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands million millions dozen dozens half twice thrice`.split(
    /\s+/,
  ),
)

const wordsOf = (text: string): string[] => text.toLowerCase().match(/\p{L}+/gu) ?? []

/**
 * A line without the words that mix letters and digits, such as ids, names and HTTP_5XX, if the facts contain exactly
 * these words: their digits are no figures. The digits of other words count.
 */
function withoutNames(text: string, facts: string): string {
  const names = new Set(facts.match(MIXED_WORD) ?? [])
  return text.replace(MIXED_WORD, (word) => (names.has(word) ? ' ' : word))
}

const MIXED_WORD = /(?=[\w.-]*\p{L})(?=[\w.-]*\d)[\w.-]*\w/gu

/** Runs of digits with the separators that may be part of a number; a date or a time of day gives several. */
const numberTokens = (text: string): string[] => text.match(/\d+(?:[.,'\u00a0\u202f]\d+)*/g) ?? []

const numbersOf = (text: string): Set<string> => new Set(numberTokens(text).flatMap(readings))

/** The possible values of a token: in 1,204 and 1.204 the separator may be one of thousands or of decimals. */
function readings(token: string): string[] {
  const numbers: number[] = []
  if (/^\d{1,3}(?:[.,'\u00a0\u202f]\d{3})+$/.test(token)) numbers.push(Number(token.replaceAll(/\D/g, '')))
  if (/^\d+(?:[.,]\d+)?$/.test(token)) numbers.push(Number(token.replace(',', '.')))
  return [token, ...numbers.map(String)]
}
