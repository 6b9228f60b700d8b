'use client'

import { parseAsString, useQueryState, useQueryStates } from 'nuqs'
import { windowParser } from './lists/windows.ts'

/** The tenant selected in the top bar; null for all visible ones. */
export const useTenantParam = () => useQueryState('tenant', parseAsString.withOptions({ history: 'push' }))

/** The time window picked in the top bar. */
export const useWindowParam = () => useQueryState('window', windowParser)

const kept = { tenant: parseAsString, window: parseAsString }

/** Adds the filters that persist across pages, and `more`, to a path. */
export function useKeptPath(): (path: string, more?: Readonly<Record<string, string>>) => string {
  // Not Next's useSearchParams, which follows a filter change only after the router; a click may happen before that.
  const [params] = useQueryStates(kept)
  return (path, more = {}) => {
    const all = Object.entries({ ...params, ...more }).filter((entry): entry is [string, string] => entry[1] !== null)
    return all.length > 0 ? `${path}?${new URLSearchParams(all)}` : path
  }
}
