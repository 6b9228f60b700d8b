'use client'

import { parseAsString, parseAsStringLiteral, useQueryState, useQueryStates } from 'nuqs'
import type { TimeWindow } from './graphql.ts'

/** The time windows that lists offer, under the names they have in the URL. */
export const WINDOWS = {
  '15m': { value: 'LAST_15M', label: '15 min', phrase: 'in the last 15 minutes' },
  '1h': { value: 'LAST_1H', label: '1 hour', phrase: 'in the last hour' },
  '24h': { value: 'LAST_24H', label: '24 hours', phrase: 'in the last 24 hours' },
  all: { value: 'ALL', label: 'All time', phrase: 'at any time' },
} as const satisfies Record<string, { value: TimeWindow; label: string; phrase: string }>

export type WindowName = keyof typeof WINDOWS
export const WINDOW_NAMES = ['15m', '1h', '24h', 'all'] as const satisfies readonly WindowName[]

/** A change of filter is a step that Back undoes; typing is not. */
const step = { history: 'push' } as const

export const windowParser = parseAsStringLiteral(WINDOW_NAMES).withDefault('1h').withOptions(step)
export const searchParser = parseAsString.withDefault('').withOptions({ history: 'replace' })
/** The row whose details are open. */
export const openParser = parseAsString.withOptions(step)

/** The tenant picked in the header; null: all that the viewer may see. */
export const useTenantParam = () => useQueryState('tenant', parseAsString.withOptions(step))

const kept = { tenant: parseAsString, window: parseAsString }

/** Gives the path of another page the filters that go along from page to page, and `more` of its own. */
export function useKeptPath(): (path: string, more?: Readonly<Record<string, string>>) => string {
  // Not Next's useSearchParams: it follows a change of filter only when the router gets to it, and a click may come first.
  const [params] = useQueryStates(kept)
  return (path, more = {}) => {
    const all = Object.entries({ ...params, ...more }).filter((entry): entry is [string, string] => entry[1] !== null)
    return all.length > 0 ? `${path}?${new URLSearchParams(all)}` : path
  }
}
