import type { IncidentFact } from '../intents.ts'

interface Line {
  text: string
  facts: readonly string[]
}

/**
 * Returns what the lines of an explanation claim without support by a fact; null if everything is supported. Every fact
 * that a line names must exist, and every number in a line must be in one of these facts. This refuses computed and
 * invented numbers, also those written in words.
 */
export function unsupportedClaim(facts: readonly IncidentFact[], lines: readonly Line[]): string | null {
  const byId = new Map(facts.map((fact) => [fact.id, fact.text]))
  for (const [index, line] of lines.entries()) {
    const texts: string[] = []
    for (const id of line.facts) {
      const text = byId.get(id)
      if (text === undefined) return `rests line ${index + 1} on a fact that is not in the input`
      texts.push(text)
    }
    const factText = texts.join('\n')
    const words = new Set(wordsOf(factText))
    // A number word is allowed if a fact contains it, for example in the name "Seven Seas".
    if (wordsOf(line.text).some((word) => NUMBER_WORDS.has(word) && !words.has(word)))
      return `writes a number of line ${index + 1} in words`
    // The end of a name may look like the start of a number: "a0,1" contains 0.1, or 1 if "a0" is a name. Both are
    // allowed.
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
 * Removes the words that mix letters and digits (ids, names, HTTP_5XX) if the facts contain exactly the same words: the
 * digits in them are no figures. The digits in other words count.
 */
function withoutNames(text: string, facts: string): string {
  const names = new Set(facts.match(MIXED_WORD) ?? [])
  return text.replace(MIXED_WORD, (word) => (names.has(word) ? ' ' : word))
}

const MIXED_WORD = /(?=[\w.-]*\p{L})(?=[\w.-]*\d)[\w.-]*\w/gu

/**
 * Runs of digits, including separators that may be part of a number. A date or a time of day consists of several runs.
 */
const numberTokens = (text: string): string[] => text.match(/\d+(?:[.,'\u00a0\u202f]\d+)*/g) ?? []

const numbersOf = (text: string): Set<string> => new Set(numberTokens(text).flatMap(readings))

/** The possible values of a token: the separator in 1,204 or 1.204 may separate thousands or decimals. */
function readings(token: string): string[] {
  const numbers: number[] = []
  if (/^\d{1,3}(?:[.,'\u00a0\u202f]\d{3})+$/.test(token)) numbers.push(Number(token.replaceAll(/\D/g, '')))
  if (/^\d+(?:[.,]\d+)?$/.test(token)) numbers.push(Number(token.replace(',', '.')))
  return [token, ...numbers.map(String)]
}
