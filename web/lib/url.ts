'use client'

import { parseAsString, useQueryState, useQueryStates } from 'nuqs'
import { windowParser } from './lists/windows.ts'

/** The tenant selected in the top bar; null for all tenants that the user may see. */
export const useTenantParam = () => useQueryState('tenant', parseAsString.withOptions({ history: 'push' }))

/** The time window picked in the top bar. */
export const useWindowParam = () => useQueryState('window', windowParser)

const kept = { tenant: parseAsString, window: parseAsString }

/** Adds the filters that all pages share, and `more`, to a path. */
export function useKeptPath(): (path: string, more?: Readonly<Record<string, string>>) => string {
  // Next's useSearchParams is not used: it follows a filter change only after the router has. A click may happen before
  // that.
  const [params] = useQueryStates(kept)
  return (path, more = {}) => {
    const all = Object.entries({ ...params, ...more }).filter((entry): entry is [string, string] => entry[1] !== null)
    return all.length > 0 ? `${path}?${new URLSearchParams(all)}` : path
  }
}
