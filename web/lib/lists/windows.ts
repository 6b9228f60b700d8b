import { parseAsIsoDateTime, parseAsString, parseAsStringLiteral } from 'nuqs/server'
import type { TimeWindow } from '../graphql.ts'

/** The time windows of lists, with their names in the URL. */
export const WINDOWS = {
  '15m': { value: 'LAST_15M', label: '15 min', phrase: 'in the last 15 minutes', ms: 900_000 },
  '1h': { value: 'LAST_1H', label: '1 h', phrase: 'in the last hour', ms: 3_600_000 },
  '24h': { value: 'LAST_24H', label: '24 h', phrase: 'in the last 24 hours', ms: 86_400_000 },
  all: { value: 'ALL', label: 'All', phrase: 'at any time', ms: null },
} as const satisfies Record<string, { value: TimeWindow; label: string; phrase: string; ms: number | null }>

export type WindowName = keyof typeof WINDOWS
export const WINDOW_NAMES = ['15m', '1h', '24h', 'all'] as const satisfies readonly WindowName[]

/** Each filter change creates a history entry. Typing does not. */
export const step = { history: 'push' } as const

export const windowParser = parseAsStringLiteral(WINDOW_NAMES).withDefault('1h').withOptions(step)
export const searchParser = parseAsString.withDefault('').withOptions({ history: 'replace' })
/** The open row. Moving to another row replaces the history entry, so that Back closes the pane. */
export const openParser = parseAsString.withOptions({ history: 'replace' })

/** The URL parameters of every list. */
export const listParsers = {
  window: windowParser,
  since: parseAsIsoDateTime.withOptions(step),
  until: parseAsIsoDateTime.withOptions(step),
  tenant: parseAsString.withOptions(step),
  q: searchParser,
}
