'use client'

import { useQueryStates } from 'nuqs'
import { useCallback, useMemo, useState } from 'react'
import { listPageParsers } from './list-params.ts'

export type FilterValues = Readonly<Record<string, readonly string[]>>

/**
 * The state of a list page. It is stored in the URL, so that every view can be linked. `keys`: the names of the
 * filters.
 */
export function useListParams<Key extends string>(keys: readonly Key[]) {
  const [parsers] = useState(() => listPageParsers(keys))
  const [params, setParams] = useQueryStates(parsers)
  const setFilter = useCallback(
    (key: string, values: readonly string[]) =>
      void setParams({ [key]: values.length > 0 ? [...values] : null } as Parameters<typeof setParams>[0]),
    [setParams],
  )
  /** Applies a view: sets its parameters and clears all others except the tenant. */
  const show = useCallback(
    (view: Readonly<Record<string, string | null>>) => {
      const cleared = Object.fromEntries(Object.keys(parsers).map((key) => [key, null]))
      const { tenant: _tenant, ...rest } = cleared
      const typed = Object.entries(view).map(([key, value]) => {
        const parser = Object.entries(parsers).find(([name]) => name === key)?.[1]
        return [key, value === null ? null : (parser?.parse(value) ?? null)]
      })
      void setParams({ ...rest, ...Object.fromEntries(typed) } as Parameters<typeof setParams>[0], { history: 'push' })
    },
    [parsers, setParams],
  )
  const values = useMemo<FilterValues>(
    () => Object.fromEntries(keys.map((key) => [key, params[key as keyof typeof params] as readonly string[]])),
    [keys, params],
  )
  const onSearch = useCallback(
    (q: string) => void setParams({ q: q || null } as Parameters<typeof setParams>[0]),
    [setParams],
  )
  // No filter is named `q`, but the type of `keys` does not express that.
  const text = String(params.q)
  return {
    params,
    setParams,
    values,
    setFilter,
    show,
    /** Whether a filter or a search text is set. A time range does not count. */
    filtered: text !== '' || Object.values(values).some((selected) => selected.length > 0),
    /** The state of the page's FilterBar. */
    bar: { values, onFilter: setFilter, search: text, onSearch },
  }
}
