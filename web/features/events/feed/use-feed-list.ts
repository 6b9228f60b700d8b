'use client'

import { InMemoryCache } from '@apollo/client'
import { useApolloClient } from '@apollo/client/react'
import { useCallback, useEffect, useEffectEvent, useRef, useState, useSyncExternalStore } from 'react'
import { isPassed, scrollParent } from '@/lib/lists/use-row-hold.ts'
import { useRowMarks } from '@/lib/lists/use-row-marks.ts'
import type { ListState } from '@/lib/live/live-mark.ts'
import { RowQueue, type Sink } from './row-queue.ts'
import type { Taken } from './waiting-rows.ts'

/** Maximum number of rows to which a list grows by itself. */
const SHOWN_ROWS = 200
/** Maximum number of rows of a list that the user extended. The user can load the rows below again. */
const MOST_ROWS = 2_000

/**
 * Rows that leave a list, and results computed from them, stay in Apollo's cache until garbage collection, which runs
 * once per this number of rows.
 */
const ROWS_PER_COLLECTION = 500

/** Maximum length of a list that the user has extended to `rows` rows. */
export const roomFor = (rows: number): number => Math.min(MOST_ROWS, Math.max(SHOWN_ROWS, rows))

export interface FeedList {
  paused: boolean
  setPaused: (paused: boolean) => void
  /** Why rows wait although the user has not paused the list. */
  heldBy: ListState['heldBy']
  /** Number of rows that wait until the user asks for them. */
  waiting: number
  /** Scrolls to the top and shows the waiting rows. */
  show: () => void
  /** Ref for an element right above the list. */
  top: (element: HTMLElement | null) => void
  /** To be called while the pointer is over the rows. */
  onPoint: () => void
  /** Rows that were added or changed live, each with a unique number. */
  marks: ReadonlyMap<string, number>
}

interface Options<Node extends { id: string }> extends Omit<Sink<Node>, 'mayMerge'> {
  /** Whether rows are selected. */
  selected: boolean
  /** Whether the list is being loaded. */
  busy: boolean
}

/**
 * A list with a queue of live rows. They are added while the list is scrolled to its top and the pointer is not over
 * the rows. `mark` highlights rows.
 */
export function useFeedList<Node extends { id: string }>({
  merge,
  change,
  recover,
  selected,
  busy,
}: Options<Node>): { live: FeedList; queue: RowQueue<Node>; mark: (ids: readonly string[]) => void } {
  const [queue] = useState(() => new RowQueue<Node>(SHOWN_ROWS))
  const [atTop, setAtTop] = useState(true)
  const [paused, setPaused] = useState(false)
  const [marks, mark] = useRowMarks()
  const [element, top] = useState<HTMLElement | null>(null)
  const waiting = useSyncExternalStore(queue.onChange, queue.count, queue.count)
  const held = !atTop || selected

  const { cache } = useApolloClient()
  const mergedRows = useRef(0)
  const onMerge = useEffectEvent((taken: Taken<Node>) => {
    merge(taken)
    mergedRows.current += taken.rows.length
    if (mergedRows.current < ROWS_PER_COLLECTION) return
    mergedRows.current = 0
    if (cache instanceof InMemoryCache) cache.gc({ resetResultCache: true })
  })
  const onChange = useEffectEvent(change)
  const onRecover = useEffectEvent(recover)
  const onMayMerge = useEffectEvent(() => {
    const passed = isPassed(element)
    if (passed) setAtTop(false)
    return !passed
  })
  useEffect(() => {
    queue.sink = {
      merge: (taken) => onMerge(taken),
      change: (rows) => onChange(rows),
      recover: () => onRecover(),
      mayMerge: () => onMayMerge(),
    }
    return () => {
      queue.sink = null
    }
  }, [queue])
  useEffect(() => queue.set({ held, paused, busy }), [queue, held, paused, busy])
  useEffect(() => {
    if (!element) return
    const root = scrollParent(element)
    const observer = new IntersectionObserver(() => setAtTop(!isPassed(element)), { root })
    observer.observe(element)
    return () => observer.disconnect()
  }, [element])

  const show = useCallback(() => {
    element?.scrollIntoView({ block: 'start' })
    setAtTop(true)
    queue.release()
  }, [element, queue])
  const heldBy = selected ? 'selection' : atTop ? (waiting > 0 ? 'pointer' : null) : 'position'
  return { live: { paused, setPaused, heldBy, waiting, show, top, onPoint: queue.point, marks }, queue, mark }
}
