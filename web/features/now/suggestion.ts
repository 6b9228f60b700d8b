import { span } from '@/lib/format/time.ts'
import type { ReplaySuggestionFragment } from '@/lib/graphql.ts'

type Told = Pick<ReplaySuggestionFragment, 'count' | 'likely' | 'likelihood' | 'recommended' | 'healthySince'>

/** From this likelihood on, a replay may succeed or fail. Below it, a replay would probably fail. */
const UNDECIDED = 0.4

const number = new Intl.NumberFormat('en')

/** Whether a replay would help at least some deliveries of the cluster. */
export const isWorthIt = ({ recommended, likely }: Pick<Told, 'recommended' | 'likely'>): boolean =>
  recommended || likely > 0

/** "2,104 dead letters". */
export const deadLetters = (count: number): string =>
  count === 1 ? '1 dead letter' : `${number.format(count)} dead letters`

/**
 * The end of the sentence about a cluster: "it has been healthy for 3 min; replay". `now` is in milliseconds since
 * 1970.
 */
export function adviceOf({ count, likely, likelihood, recommended, healthySince }: Told, now: number): string {
  const health = healthySince ? `it has been healthy for ${span(now - Date.parse(healthySince))}; ` : ''
  const them = count === 1 ? 'it' : 'them'
  if (recommended) return `${health}replay`
  if (likely > 0) return `${health}replay the ${number.format(likely)} that would probably arrive`
  return likelihood >= UNDECIDED ? `a replay of ${them} may fail again; wait` : `a replay of ${them} would fail again`
}
