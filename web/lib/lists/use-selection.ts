'use client'

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { showToast } from '../actions/toasts.ts'

export interface Selection {
  ids: ReadonlySet<string>
  /** All rows that match the filter are selected, including those on pages that are not loaded. */
  all: boolean
  toggle: (id: string) => void
  /** Selects all rows between the last toggled row and this row. `rowIds`: the ids of the rows in their order. */
  toggleTo: (id: string, rowIds: readonly string[]) => void
  toggleAll: (rowIds: readonly string[]) => void
  /** Selects all rows that match the filter. `rowIds`: the ids of the shown rows. */
  selectAll: (rowIds: readonly string[]) => void
  clear: () => void
}

/**
 * The selected rows. `filterKey` identifies the filter. A change of the filter clears the selection and shows a notice,
 * because selected rows may no longer be visible.
 */
export function useSelection(filterKey: string): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(() => new Set())
  const [all, setAll] = useState(false)
  const last = useRef<string | null>(null)
  const before = useRef({ key: filterKey, size: 0 })
  const [key, setKey] = useState(filterKey)
  if (key !== filterKey) {
    setKey(filterKey)
    if (ids.size > 0) setIds(new Set())
    setAll(false)
  }
  useEffect(() => {
    if (before.current.key !== filterKey && before.current.size > 0)
      showToast({ id: 'selection', tone: 'info', title: 'Selection cleared.', detail: 'The filter changed.' })
    before.current = { key: filterKey, size: ids.size }
  }, [filterKey, ids])

  const toggle = useCallback((id: string) => {
    last.current = id
    setAll(false)
    setIds((old) => {
      const next = new Set(old)
      if (!next.delete(id)) next.add(id)
      return next
    })
  }, [])
  const toggleTo = useCallback((id: string, rowIds: readonly string[]) => {
    const [from = 0, to = 0] = [rowIds.indexOf(last.current ?? id), rowIds.indexOf(id)].sort((a, b) => a - b)
    last.current = id
    setAll(false)
    setIds((old) => new Set([...old, ...rowIds.slice(Math.max(0, from), to + 1)]))
  }, [])
  const toggleAll = useCallback((rowIds: readonly string[]) => {
    setAll(false)
    setIds((old) => (rowIds.every((id) => old.has(id)) ? new Set() : new Set(rowIds)))
  }, [])
  const selectAll = useCallback((rowIds: readonly string[]) => {
    setIds(new Set(rowIds))
    setAll(true)
  }, [])
  const clear = useCallback(() => {
    setIds(new Set())
    setAll(false)
  }, [])
  return useMemo(
    () => ({ ids, all, toggle, toggleTo, toggleAll, selectAll, clear }),
    [ids, all, toggle, toggleTo, toggleAll, selectAll, clear],
  )
}
