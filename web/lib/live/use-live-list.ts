'use client'

import { useCallback, useEffect, useEffectEvent, useReducer, useState, useSyncExternalStore } from 'react'
import { LiveQueue, type Sink } from './queue.ts'
import { AT_TOP, nextReader } from './reader.ts'

/** Rows that a list grows to by itself: nobody reads further at its pace. */
const SHOWN_ROWS = 200
/** And those of one that its reader made longer: what is below is loaded again when it is asked for. */
const MOST_ROWS = 2_000

/** How long a list of `rows` may be once it has taken more. */
export const roomFor = (rows: number): number => Math.min(MOST_ROWS, Math.max(SHOWN_ROWS, rows))
/** Of the fixed header, which covers what is scrolled below it. */
const HEADER_PX = 56

export interface LiveList {
  paused: boolean
  setPaused: (paused: boolean) => void
  /** Rows that wait until they are asked for. */
  waiting: number
  /** Goes to the top of the list and shows what waits. */
  show: () => void
  /** For an element right above the list. */
  top: (element: HTMLElement | null) => void
  /** The pointer is at the rows. */
  onPoint: () => void
  /** Rows that came or changed by themselves, each with a number that is another one each time. */
  marks: ReadonlyMap<string, number>
}

interface Options<Node extends { id: string }> extends Omit<Sink<Node>, 'mayMerge'> {
  /** The details of a row are open. */
  opened: boolean
  /** The list is being loaded. */
  busy: boolean
}

/** A list that is fed by a queue when its reader can bear it. `mark` highlights rows. */
export function useLiveList<Node extends { id: string }>({
  merge,
  change,
  recover,
  opened,
  busy,
}: Options<Node>): { live: LiveList; queue: LiveQueue<Node>; mark: (ids: readonly string[]) => void } {
  const [queue] = useState(() => new LiveQueue<Node>(SHOWN_ROWS))
  const [reader, tell] = useReducer(nextReader, AT_TOP)
  const [paused, setPaused] = useState(false)
  const [marks, setMarks] = useState<ReadonlyMap<string, number>>(() => new Map())
  const [element, top] = useState<HTMLElement | null>(null)
  const waiting = useSyncExternalStore(queue.onChange, queue.count, queue.count)

  const onMerge = useEffectEvent(merge)
  const onChange = useEffectEvent(change)
  const onRecover = useEffectEvent(recover)
  const onMayMerge = useEffectEvent(() => {
    if (!isPassed(element)) return true
    tell({ type: 'left' })
    return false
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
  useEffect(() => queue.set({ held: reader.held, paused, busy }), [queue, reader.held, paused, busy])
  useEffect(() => {
    tell(opened ? { type: 'opened' } : { type: 'closed', waiting: queue.count() > 0 })
  }, [queue, opened])
  useEffect(() => {
    if (!element) return
    const observer = new IntersectionObserver(() => tell({ type: isPassed(element) ? 'left' : 'returned' }), {
      rootMargin: `-${HEADER_PX}px 0px 0px`,
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [element])

  const show = useCallback(() => {
    tell({ type: 'asked' })
    if (isPassed(element)) element?.scrollIntoView({ block: 'start' })
  }, [element])
  const mark = useCallback((ids: readonly string[]) => {
    if (ids.length === 0) return
    setMarks((before) => {
      const kept = before.size > 4 * SHOWN_ROWS ? [...before].slice(-SHOWN_ROWS) : before
      const after = new Map(kept)
      for (const id of ids) after.set(id, (before.get(id) ?? 0) + 1)
      return after
    })
  }, [])

  return {
    live: { paused, setPaused, waiting, show, top, onPoint: queue.point, marks },
    queue,
    mark,
  }
}

/** Whether the top of the list has been scrolled out of sight. */
const isPassed = (top: HTMLElement | null): boolean => top !== null && top.getBoundingClientRect().top < HEADER_PX
