'use client'

import { NetworkStatus, type OperationVariables, type TypedDocumentNode } from '@apollo/client'
import { useApolloClient, useQuery } from '@apollo/client/react'
import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react'
import { compareLists, type ListChange } from './compare-lists.ts'
import { follow } from './live/follow.ts'
import { useReportList } from './live/list-state.tsx'
import { useIsConnected, useLiveSocket } from './live/use-connection.tsx'
import { useRowHold } from './live/use-row-hold.ts'
import { PAGE_SIZE } from './page-size.ts'
import { isLasting, type Problem } from './request-error.ts'
import { useSeedPolicy } from './seeds.tsx'
import { type Page, type Pages, pageFor, usePages } from './use-pages.ts'

/** How often a list without a bell is loaded again, and one with a bell just in case, in milliseconds. */
const POLL_MS = 15_000
/** The shortest time between two reloads that a bell asks for. */
const BELL_MS = 1_000
/** A reload that took long is followed by a rest of so many times as long. */
const REST = 3
/** How long a row that no longer meets the filter is still shown. */
const LEAVING_MS = 4_000

interface Bell {
  /** Says that something changed. What it carries is not looked at. */
  document: TypedDocumentNode<unknown, OperationVariables>
  variables: OperationVariables
}

interface ListOptions<Node> {
  /** A subscription that rings when rows may have changed. Without it the list is loaded again every 15 s. */
  bell?: Bell | null
  /** Rows are selected: none come or go meanwhile. */
  selected?: boolean
  /** Reads rows that the filter no longer finds, to show what became of them before they go. */
  readRows?: (ids: readonly string[]) => Promise<readonly Node[]>
}

/** The rows of a connection. */
type NodeOf<Connection extends Page<{ id: string }>> = Connection['edges'][number]['node']

export interface ListData<Node> extends Pages<Node> {
  /** The pointer is over the rows. */
  onPoint: () => void
  /** Rows that came or changed by themselves. */
  marks: ReadonlyMap<string, number>
  isLeaving: (row: Node) => boolean
  /** Rows that wait because the reader holds the list. */
  waiting: { count: number; show: () => void; top: (element: HTMLElement | null) => void }
  /** Why the list is not live. */
  liveProblem: Problem | null
}

/**
 * A connection as a list that keeps itself up to date: it is loaded again when its bell rings (at most once a second), else every 15 s,
 * and compared with what is shown. Changed fields appear in place; rows come and go only while nobody points at them, has scrolled
 * down or has selected some. `field` names the connection in the answer; it needs a line in LISTS of lib/apollo.tsx.
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
  const { field, bell = null, selected = false, readRows } = options
  const client = useApolloClient()
  const asked: OperationVariables = { ...variables, first: PAGE_SIZE }
  const fetchPolicy = useSeedPolicy(document, asked)
  const query = useQuery<Data, OperationVariables>(document, { variables: asked, fetchPolicy })
  const page = (query.data ?? query.previousData)?.[field] as Page<Node> | undefined
  const pages = usePages<Node>(query, page)
  const [paused, setPaused] = useState(false)
  const hold = useRowHold(selected)
  const [marks, mark] = useMarks()
  const [waiting, setWaiting] = useState(0)
  /** When rows that are shown ceased to meet the filter. */
  const leaving = useRef(new Map<string, number>())
  const reloading = useRef({ at: 0, took: 0 })

  const apply = (next: ListChange<Node>, all: boolean) => {
    setWaiting(all ? 0 : next.fresh.length)
    const until = Date.now() - LEAVING_MS
    const kept = new Map([...leaving.current].filter(([, since]) => since > until))
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

  /** Loads the list again without showing that it does. `insist`: rows may come and go whatever the reader does. */
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
    // Another filter was chosen meanwhile: the answer is about a list that is no longer shown.
    if (!data || current.current.key !== key) return
    const change = compareLists<Node>(shown, data[field] as Page<Node>)
    if (paused && !insist) return setWaiting(change.fresh.length)
    const gone = readRows && change.gone.length > 0 ? await readRows(change.gone) : []
    for (const id of change.gone) if (!leaving.current.has(id)) leaving.current.set(id, began)
    for (const id of leaving.current.keys()) if (!change.gone.includes(id)) leaving.current.delete(id)
    apply(change.withRows(gone), insist || hold.isFree())
  }
  const key = JSON.stringify(variables)
  /** The newest render's functions, for timers and callbacks that outlive a render. */
  const current = useRef({ key, reload, restless: false })
  useEffect(() => {
    current.current = { key, reload, restless: waiting > 0 && !paused }
  })
  const quietly = useCallback((insist = false) => void current.current.reload(insist).catch(() => undefined), [])

  const liveProblem = useBell(bell, quietly, reloading)
  useEffect(() => {
    const timer = setInterval(() => quietly(), POLL_MS)
    return () => clearInterval(timer)
  }, [quietly])
  useEffect(() => {
    const timer = setInterval(() => {
      if (!hold.isFree()) return
      const until = Date.now() - LEAVING_MS
      if (current.current.restless || [...leaving.current.values()].some((since) => since < until)) quietly()
    }, 1_000)
    return () => clearInterval(timer)
  }, [hold, quietly])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list has nothing that waits
  useEffect(() => {
    leaving.current.clear()
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
    mode: bell ? 'live' : 'poll',
    paused,
    heldBy: waiting > 0 && !paused ? hold.reason() : null,
    waiting,
    stopped: pages.problem !== null || liveProblem !== null,
    loadedAt: pages.loadedAt,
    setPaused: resume,
    refresh: pages.refresh,
    refreshing: pages.refreshing,
  })
  const isLeaving = useCallback((row: Node) => leaving.current.has(row.id), [])
  return {
    ...pages,
    onPoint: hold.onPoint,
    marks,
    isLeaving,
    waiting: { count: waiting, show, top: hold.top },
    liveProblem,
  }
}

/** Follows the bell through cuts, and passes its rings on at a pace that the page and the API can take. */
function useBell(
  bell: Bell | null,
  ring: () => void,
  reloading: React.RefObject<{ at: number; took: number }>,
): Problem | null {
  const client = useApolloClient()
  const socket = useLiveSocket()
  const connected = useIsConnected()
  const [problem, setProblem] = useState<Problem | null>(null)
  const onRing = useEffectEvent(ring)
  const key = bell && JSON.stringify(bell.variables)
  const current = useEffectEvent(() => bell)
  // biome-ignore lint/correctness/useExhaustiveDependencies: equal variables are the same bell
  useEffect(() => {
    const followed = current()
    if (!socket || !followed) return
    setProblem(null)
    let timer: ReturnType<typeof setTimeout> | undefined
    const schedule = () => {
      const { at, took } = reloading.current
      timer ??= setTimeout(
        () => {
          timer = undefined
          onRing()
        },
        Math.max(0, at + Math.max(BELL_MS, REST * took) - Date.now()),
      )
    }
    const stop = follow({
      client,
      socket,
      subscription: followed.document,
      variables: () => followed.variables,
      onData: schedule,
      onProblem(ended) {
        if (!isLasting(ended)) return true
        setProblem(ended)
        return false
      },
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [client, socket, key, reloading])
  useEffect(() => {
    if (!connected || key === null) return
    // Nothing tells when a subscription has begun; what changed before is found by a comparison shortly after.
    const timer = setTimeout(() => {
      onRing()
      socket?.caughtUp({ kind: 'reloaded' })
    }, 500)
    return () => clearTimeout(timer)
  }, [connected, key, socket])
  return problem
}

const KEPT_MARKS = 400

/** Rows to highlight, each with a number that differs each time. */
function useMarks(): [ReadonlyMap<string, number>, (ids: readonly string[]) => void] {
  const [marks, setMarks] = useState<ReadonlyMap<string, number>>(() => new Map())
  const mark = useCallback((ids: readonly string[]) => {
    if (ids.length === 0) return
    setMarks((before) => {
      const after = new Map(before.size > KEPT_MARKS ? [...before].slice(-KEPT_MARKS / 2) : before)
      for (const id of ids) after.set(id, (before.get(id) ?? 0) + 1)
      return after
    })
  }, [])
  return [marks, mark]
}
