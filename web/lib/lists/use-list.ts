'use client'

import { NetworkStatus, type OperationVariables, type TypedDocumentNode } from '@apollo/client'
import { useApolloClient, useQuery } from '@apollo/client/react'
import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react'
import { useReportList } from '../live/list-state.tsx'
import type { Problem } from '../request-error.ts'
import { useSeedPolicy } from '../seeds.tsx'
import { compareLists, type ListChange } from './compare-lists.ts'
import { LeavingRows } from './leaving-rows.ts'
import { PAGE_SIZE } from './page-size.ts'
import { type ChangeSignal, SIGNAL_MS, useChangeSignals } from './use-change-signals.ts'
import { type Page, type Pages, pageFor, usePages } from './use-pages.ts'
import { useRowHold } from './use-row-hold.ts'
import { useRowMarks } from './use-row-marks.ts'

/** Reload interval in milliseconds, of lists without a change signal and as a fallback of lists with one. */
const POLL_MS = 15_000
/** After a reload, the next one waits at least this multiple of the time that the reload took. */
const REST = 3

/** Milliseconds until a signal may reload the list again. */
const untilNext = ({ at, took }: { at: number; took: number }) =>
  Math.max(0, at + Math.max(SIGNAL_MS, REST * took) - Date.now())

interface ListOptions<Node> {
  /** A subscription that signals changes. Without a signal, the list reloads every 15 s. */
  signal?: ChangeSignal | null
  /** Whether rows are selected. Then no rows are added or removed. */
  selected?: boolean
  /** Reads rows that no longer match the filter, to show their final state before they disappear. */
  readRows?: (ids: readonly string[]) => Promise<readonly Node[]>
}

/** The rows of a connection. */
type NodeOf<Connection extends Page<{ id: string }>> = Connection['edges'][number]['node']

export interface ListData<Node> extends Pages<Node> {
  /** To be called while the pointer is over the rows. */
  onPoint: () => void
  /** Rows that were added or changed live. */
  marks: ReadonlyMap<string, number>
  isLeaving: (row: Node) => boolean
  /** Rows that wait because the user points at the list, scrolled down or selected rows. */
  waiting: { count: number; show: () => void; top: (element: HTMLElement | null) => void }
  /** Why the list gets no live updates. */
  liveProblem: Problem | null
}

/**
 * A connection as a list that updates itself. The list reloads on each signal (at most once per second), otherwise
 * every 15 s, and compares the result with the shown rows. Changed fields are updated in place. Rows are added and
 * removed only while the user does not point at the list, has not scrolled down and has selected nothing. `field` names
 * the connection in the result. It needs an entry in LISTS of lib/apollo.tsx.
 */
export function useList<
  Data extends Record<Field, Page<{ id: string }>>,
  Variables extends OperationVariables & { first: number },
  Field extends string,
>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'first' | 'after'>,
  options: ListOptions<NodeOf<Data[Field]>> & { field: Field },
): ListData<NodeOf<Data[Field]>> {
  type Node = NodeOf<Data[Field]>
  const { field, signal = null, selected = false, readRows } = options
  const client = useApolloClient()
  const asked: OperationVariables = { ...variables, first: PAGE_SIZE }
  const fetchPolicy = useSeedPolicy(document, asked)
  const query = useQuery<Data, OperationVariables>(document, { variables: asked, fetchPolicy })
  const page = (query.data ?? query.previousData)?.[field] as Page<Node> | undefined
  const pages = usePages<Node>(query, page)
  const [paused, setPaused] = useState(false)
  const hold = useRowHold(selected)
  const [marks, mark] = useRowMarks()
  const [waiting, setWaiting] = useState(0)
  const [leaving] = useState(() => new LeavingRows())
  const reloading = useRef({ at: 0, took: 0 })

  const apply = (next: ListChange<Node>, all: boolean) => {
    setWaiting(all ? 0 : next.fresh.length)
    const kept = leaving.visible(Date.now())
    query.updateQuery((_unsafe, { complete, previousData }) => {
      if (!complete) return undefined
      const connection = previousData[field] as Page<Node>
      const edges = all ? next.edges(kept) : next.inPlace
      const pageInfo = {
        ...connection.pageInfo,
        ...(all && { hasNextPage: next.hasMore, endCursor: edges.at(-1)?.cursor ?? null }),
      }
      return { ...previousData, [field]: { ...connection, ...next.totals, edges, pageInfo } } as Data
    })
    mark([...next.changed, ...(all ? next.fresh : [])])
  }

  /**
   * Reloads the list without showing that it is loading. `insist`: rows may be added and removed whatever the user
   * does.
   */
  const reload = async (insist: boolean): Promise<void> => {
    const ready = query.networkStatus === NetworkStatus.ready
    if (!page || !ready || window.document.visibilityState !== 'visible') return
    const began = Date.now()
    reloading.current.at = began
    const shown = page.edges
    const { data } = await client.query<Data, OperationVariables>({
      query: document,
      variables: { ...variables, first: pageFor(shown.length) },
      fetchPolicy: 'no-cache',
    })
    reloading.current.took = Date.now() - began
    // The filter has changed meanwhile, so the result belongs to a list that is no longer shown.
    if (!data || current.current.key !== key) return
    const change = compareLists<Node>(shown, data[field] as Page<Node>)
    if (paused && !insist) return setWaiting(change.fresh.length)
    const gone = readRows && change.gone.length > 0 ? await readRows(change.gone) : []
    leaving.update(change.gone, began)
    apply(change.withRows(gone), insist || hold.isFree())
  }
  const key = JSON.stringify(variables)
  /** The functions of the newest render, for timers and callbacks that outlive a render. */
  const current = useRef({ key, reload, restless: false })
  useEffect(() => {
    current.current = { key, reload, restless: waiting > 0 && !paused }
  })
  const quietly = useCallback((insist = false) => void current.current.reload(insist).catch(() => undefined), [])

  const liveProblem = useChangeSignals(signal ? [signal] : [], quietly, () => untilNext(reloading.current))
  useReloadTimers(quietly, () => hold.isFree() && (current.current.restless || leaving.hasExpired(Date.now())))
  // biome-ignore lint/correctness/useExhaustiveDependencies: no rows of a new list are waiting
  useEffect(() => {
    leaving.clear()
    setWaiting(0)
  }, [key])

  const show = useCallback(() => {
    hold.release()
    quietly(true)
  }, [hold, quietly])
  const resume = useCallback(
    (next: boolean) => {
      setPaused(next)
      if (!next) quietly(true)
    },
    [quietly],
  )
  useReportList({
    mode: signal ? 'live' : 'poll',
    paused,
    heldBy: waiting > 0 && !paused ? hold.reason() : null,
    waiting,
    stopped: pages.problem !== null || liveProblem !== null,
    loadedAt: pages.loadedAt,
    setPaused: resume,
    refresh: pages.refresh,
    refreshing: pages.refreshing,
  })
  const isLeaving = useCallback((row: Node) => leaving.has(row.id), [leaving])
  return {
    ...pages,
    onPoint: hold.onPoint,
    marks,
    isLeaving,
    waiting: { count: waiting, show, top: hold.top },
    liveProblem,
  }
}

/** Reloads every POLL_MS, and within a second once a reload is due. */
function useReloadTimers(reload: () => void, isDue: () => boolean): void {
  const reloadIfDue = useEffectEvent(() => {
    if (isDue()) reload()
  })
  useEffect(() => {
    const polling = setInterval(() => reload(), POLL_MS)
    const checking = setInterval(() => reloadIfDue(), 1_000)
    return () => {
      clearInterval(polling)
      clearInterval(checking)
    }
  }, [reload])
}
