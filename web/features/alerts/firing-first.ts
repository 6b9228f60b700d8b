'use client'

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { AlertStatus } from '@/lib/graphql.ts'
import { POINTER_MS } from '@/lib/lists/use-row-hold.ts'

const RANKS: Record<AlertStatus, number> = { FIRING: 0, ACKNOWLEDGED: 1, RESOLVED: 2 }

interface Row {
  id: string
  status: AlertStatus
}

/**
 * Sorts firing rows first, then acknowledged ones, then resolved ones, and the newest first within each status. `ranks`
 * replaces the rank of a row's status.
 */
export const firingFirst = <R extends Row>(rows: readonly R[], ranks?: ReadonlyMap<string, number>): R[] => {
  const rankOf = ({ id, status }: R) => ranks?.get(id) ?? RANKS[status]
  return rows.toSorted((a, b) => rankOf(a) - rankOf(b) || (a.id < b.id ? 1 : -1))
}

/**
 * Rows in the order of `firingFirst`. A row whose status changes keeps its place while the pointer is over the rows.
 * Otherwise a click on "Acknowledge" would move another alert under the pointer.
 */
export function useFiringFirst<R extends Row>(rows: readonly R[] | null): { rows: R[] | null; onPoint: () => void } {
  const pointedAt = useRef(0)
  const [ranks, setRanks] = useState<ReadonlyMap<string, number>>(() => new Map())
  useEffect(() => {
    if (!rows) return
    const settle = () => {
      if (Date.now() - pointedAt.current < POINTER_MS) return
      setRanks((before) => {
        const isSame = rows.length === before.size && rows.every(({ id, status }) => before.get(id) === RANKS[status])
        return isSame ? before : new Map(rows.map(({ id, status }) => [id, RANKS[status]]))
      })
    }
    settle()
    const timer = setInterval(settle, 1_000)
    return () => clearInterval(timer)
  }, [rows])
  const sorted = useMemo(() => rows && firingFirst(rows, ranks), [rows, ranks])
  const onPoint = useCallback(() => {
    pointedAt.current = Date.now()
  }, [])
  return { rows: sorted, onPoint }
}
