'use client'

import { parseAsString, useQueryState, useQueryStates } from 'nuqs'
import { windowParser } from './windows.ts'

/** The tenant picked in the top bar; null: all that the viewer may see. */
export const useTenantParam = () => useQueryState('tenant', parseAsString.withOptions({ history: 'push' }))

/** The time window picked in the top bar. */
export const useWindowParam = () => useQueryState('window', windowParser)

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
