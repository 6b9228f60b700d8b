import type { IncidentFact, IntentOutput } from '../intents.ts'

/** The facts behind each of the five lines, and the text of a line without facts. */
const LINES: readonly { kinds: readonly IncidentFact['kind'][]; most: number; otherwise: string }[] = [
  { kinds: ['SCOPE', 'TOTALS'], most: 3, otherwise: 'Nothing is known of the extent.' },
  { kinds: ['CLUSTER'], most: 2, otherwise: 'No request to a webhook failed.' },
  { kinds: ['FIRST_FAILURE', 'LAST_FAILURE'], most: 2, otherwise: 'There is no first or last failure.' },
  { kinds: ['TENANTS'], most: 1, otherwise: 'No tenant is affected.' },
  { kinds: ['CHANGE'], most: 2, otherwise: 'No change was recorded shortly before.' },
]

const MAX_LINE = 300

/** Five lines that repeat the facts: what fails, how, since when, whom it affects, what changed before. */
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
      // A line that reports nothing rests on the fact that says what was searched.
      if (told.length === 0) return { text: otherwise, facts: [first.id] }
      const text = told.map((fact) => fact.text).join(' ')
      return { text: cutAtWord(text), facts: told.map(({ id }) => id) }
    }),
  }
}

/** A number that is cut in two would be another number. */
const cutAtWord = (text: string): string =>
  text.length <= MAX_LINE ? text : text.slice(0, text.lastIndexOf(' ', MAX_LINE))
