'use client'

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { showToast } from './toasts.ts'

export interface Selection {
  ids: ReadonlySet<string>
  toggle: (id: string) => void
  /** Selects all rows between the last toggled one and this one. `rowIds`: the rows in order. */
  toggleTo: (id: string, rowIds: readonly string[]) => void
  toggleAll: (rowIds: readonly string[]) => void
  clear: () => void
}

/**
 * The selected rows. `filterKey` identifies the filter: a change clears the selection with a notice, because selected
 * rows may be out of sight.
 */
export function useSelection(filterKey: string): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(() => new Set())
  const last = useRef<string | null>(null)
  const before = useRef({ key: filterKey, size: 0 })
  const [key, setKey] = useState(filterKey)
  if (key !== filterKey) {
    setKey(filterKey)
    if (ids.size > 0) setIds(new Set())
  }
  useEffect(() => {
    if (before.current.key !== filterKey && before.current.size > 0)
      showToast({ id: 'selection', tone: 'info', title: 'Selection cleared.', detail: 'The filter changed.' })
    before.current = { key: filterKey, size: ids.size }
  }, [filterKey, ids])

  const toggle = useCallback((id: string) => {
    last.current = id
    setIds((old) => {
      const next = new Set(old)
      if (!next.delete(id)) next.add(id)
      return next
    })
  }, [])
  const toggleTo = useCallback((id: string, rowIds: readonly string[]) => {
    const [from = 0, to = 0] = [rowIds.indexOf(last.current ?? id), rowIds.indexOf(id)].sort((a, b) => a - b)
    last.current = id
    setIds((old) => new Set([...old, ...rowIds.slice(Math.max(0, from), to + 1)]))
  }, [])
  const toggleAll = useCallback(
    (rowIds: readonly string[]) => setIds((old) => (rowIds.every((id) => old.has(id)) ? new Set() : new Set(rowIds))),
    [],
  )
  const clear = useCallback(() => setIds(new Set()), [])
  return useMemo(() => ({ ids, toggle, toggleTo, toggleAll, clear }), [ids, toggle, toggleTo, toggleAll, clear])
}
