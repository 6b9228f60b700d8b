import type { IncidentFact, IntentOutput } from '../intents.ts'

/** For each of the five lines: the kinds of facts that it repeats, how many at most, and the text if there are none. */
const LINES: readonly { kinds: readonly IncidentFact['kind'][]; most: number; otherwise: string }[] = [
  { kinds: ['SCOPE', 'TOTALS'], most: 3, otherwise: 'Nothing is known of the extent.' },
  { kinds: ['CLUSTER'], most: 2, otherwise: 'No request to a webhook failed.' },
  { kinds: ['FIRST_FAILURE', 'LAST_FAILURE'], most: 2, otherwise: 'There is no first or last failure.' },
  { kinds: ['TENANTS'], most: 1, otherwise: 'No tenant is affected.' },
  { kinds: ['CHANGE'], most: 2, otherwise: 'No change was recorded shortly before.' },
]

const MAX_LINE = 300

/**
 * Five lines that repeat the facts: the extent, what fails and how, since when, which tenants are affected, and what
 * changed before.
 */
export function explainIncident(facts: readonly IncidentFact[]): IntentOutput<'explain-incident'> {
  const first = facts[0]
  if (!first) throw new Error('an incident without facts')
  return {
    lines: LINES.map(({ kinds, most, otherwise }) => {
      const told: IncidentFact[] = []
      let length = 0
      for (const fact of facts) {
        if (!kinds.includes(fact.kind) || told.length === most) continue
        length += fact.text.length + 1
        if (told.length > 0 && length > MAX_LINE) break
        told.push(fact)
      }
      // Every line must name a fact. A line that has none names the first fact, which says what was searched.
      if (told.length === 0) return { text: otherwise, facts: [first.id] }
      const text = told.map((fact) => fact.text).join(' ')
      return { text: cutAtWord(text), facts: told.map(({ id }) => id) }
    }),
  }
}

/** Cuts a text between words, because half of a number would be a different number. */
const cutAtWord = (text: string): string =>
  text.length <= MAX_LINE ? text : text.slice(0, text.lastIndexOf(' ', MAX_LINE))
