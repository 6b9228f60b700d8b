'use client'

import { NetworkStatus } from '@apollo/client'
import { useApolloClient, type useQuery } from '@apollo/client/react'
import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react'
import {
  type DeliveryChangesSubscription,
  type DeliveryFilter,
  type DeliveryListQuery,
  type DeliveryListQueryVariables,
  type DeliveryRowFragment,
  readFragment,
} from '@/lib/graphql.ts'
import { follow } from '@/lib/live/follow.ts'
import { persist } from '@/lib/live/persist.ts'
import { useIsConnected, useLiveSocket } from '@/lib/live/use-connection.tsx'
import { type LiveList, roomFor, useLiveList } from '@/lib/live/use-live-list.ts'
import { mergeEdges } from '@/lib/live/waiting-rows.ts'
import { isLasting, type Problem } from '@/lib/request-error.ts'
import { LARGEST_PAGE, pageFor } from '@/lib/use-pages.ts'
import { writeChanges } from './cache.ts'
import { DeliveryChanges, DeliveryList, DeliveryRow, ShownDeliveries } from './documents.ts'
import { matches } from './matches.ts'

type Changed = DeliveryChangesSubscription['deliveries'][number]
type Edge = DeliveryListQuery['deliveries']['edges'][number]

/** A batch of so many is cut (api/src/deliveries/live/changes.ts): there were more. */
const CUT_BATCH = 200
/** How soon after it was subscribed the list is compared with the API: nothing says when a subscription has begun. */
const BEGUN_MS = 500
/** The most often that shown rows are asked for because a batch was cut. */
const COMPARE_MS = 10_000
/** How long a row is still shown that the filter would not find any more. */
const LEAVING_MS = 15_000

export interface DeliveryChangesState {
  live: LiveList
  /** Why changes are not followed. */
  problem: Problem | null
  /** Forgets what waits: the list is asked for anew. */
  clear: () => void
  isLeaving: (row: DeliveryRowFragment) => boolean
}

interface Options {
  list: Pick<useQuery.Result<DeliveryListQuery, DeliveryListQueryVariables>, 'updateQuery' | 'networkStatus'> & {
    data?: DeliveryListQuery | undefined
  }
  /** What the list is narrowed to; of that, `scope` is what a delivery meets or not from its beginning. */
  filter: DeliveryFilter
  scope: DeliveryFilter
  openId: string | null
  /** Something changed within the scope, shown or not. */
  onChange: () => void
}

/** Keeps a list of deliveries as it is now: changed rows in their place, new ones on top, and what moves on seen to move. */
export function useDeliveryChanges({ list, filter, scope, openId, onChange }: Options): DeliveryChangesState {
  const client = useApolloClient()
  const socket = useLiveSocket()
  const connected = useIsConnected()
  const { updateQuery, networkStatus, data } = list
  const [problem, setProblem] = useState<Problem | null>(null)
  const busy = networkStatus !== NetworkStatus.ready && networkStatus !== NetworkStatus.error
  /** When rows that are shown ceased to meet the filter, in milliseconds. */
  const left = useRef(new Map<string, number>())
  const comparing = useRef({ cancel: () => {}, at: 0 })

  const { live, queue, mark } = useLiveList<Changed>({
    opened: openId !== null,
    busy,
    merge(taken) {
      changeList((page) =>
        mergeEdges(
          { edges: page.edges, hasMore: page.pageInfo.hasNextPage },
          taken,
          roomFor(page.edges.length),
          edgeOf,
        ),
      )
      mark(taken.rows.map(({ id }) => id))
    },
    change(rows) {
      mark(writeChanges(client.cache, readFragment(DeliveryRow, rows)))
      for (const row of readFragment(DeliveryRow, rows)) {
        if (matches(row, filter)) left.current.delete(row.id)
        else if (!left.current.has(row.id)) left.current.set(row.id, Date.now())
      }
    },
    recover: () => compare(),
  })

  const changeList = (change: (page: DeliveryListQuery['deliveries']) => { edges: Edge[]; hasMore: boolean }): void =>
    updateQuery((_unsafe, { complete, previousData }) => {
      if (!complete) return undefined
      const page = previousData.deliveries
      const { edges, hasMore } = change(page)
      const pageInfo = { ...page.pageInfo, hasNextPage: hasMore, endCursor: edges.at(-1)?.cursor ?? null }
      return { ...previousData, deliveries: { ...page, edges, pageInfo } }
    })

  /** `whole`: rows of all sorts, not only those that the filter takes, so that new ones may be missing among them. */
  const receive = useEffectEvent((rows: readonly Changed[], whole: boolean) => {
    const shown = new Set(data?.deliveries.edges.map(({ node }) => node.id))
    if (openId) shown.add(openId)
    for (const changed of rows) {
      const row = readFragment(DeliveryRow, changed)
      if (shown.has(row.id) || (row.replayOf && shown.has(row.replayOf.id))) queue.change(changed)
      if (shown.has(row.id)) continue
      if (!matches(row, filter)) queue.drop(row.id)
      else if (whole || queue.has(row.id)) queue.add(changed)
    }
  })

  /** Compares what is shown with what the API has: after a time in which nobody told of changes. */
  const readAnew = useEffectEvent(async () => {
    const shown = data?.deliveries.edges.map(({ node }) => node.id) ?? []
    const variables = { filter, first: pageFor(shown.length) }
    const newest = await client.query({ query: DeliveryList, variables, fetchPolicy: 'no-cache' })
    const { edges = [], pageInfo } = newest.data?.deliveries ?? {}
    const found = new Set(edges.map(({ node }) => node.id))
    const oldest = edges.at(-1)?.node.id
    if (oldest && pageInfo?.hasNextPage && !shown.includes(oldest)) queue.missedBelow(oldest)
    receive(
      edges.map(({ node }) => node),
      true,
    )
    const ids = shown.filter((id) => !found.has(id)).slice(0, LARGEST_PAGE)
    if (ids.length === 0) return
    const others = await client.query({ query: ShownDeliveries, variables: { ids }, fetchPolicy: 'no-cache' })
    const rows = others.data?.nodes.flatMap((node) => (node?.__typename === 'Delivery' ? [node] : []))
    receive(rows ?? [], false)
  })
  const compare = useCallback(() => {
    comparing.current.cancel()
    comparing.current = { cancel: persist(() => readAnew()), at: Date.now() }
  }, [])

  const narrowed = filter.statuses != null || filter.errorKinds != null || filter.search != null
  const changed = useEffectEvent(onChange)
  useEffect(() => {
    if (!socket) return
    queue.clear()
    left.current.clear()
    setProblem(null)
    let again: ReturnType<typeof setTimeout> | undefined
    const later = (ms: number) => {
      clearTimeout(again)
      again = setTimeout(compare, ms)
    }
    const read = (asked: DeliveryFilter, whole: boolean) =>
      follow({
        client,
        socket,
        subscription: DeliveryChanges,
        variables: () => ({ filter: asked }),
        onData({ deliveries }) {
          const oldest = deliveries.at(-1)?.id
          if (oldest && deliveries.length >= CUT_BATCH) {
            if (whole) queue.missedBelow(oldest)
            if (Date.now() - comparing.current.at >= COMPARE_MS) compare()
          }
          receive(deliveries, whole)
          changed()
        },
        onProblem(ended) {
          if (isLasting(ended)) {
            setProblem(ended)
            return false
          }
          // UNAVAILABLE: changes may have been missed.
          later(BEGUN_MS * 2)
          return true
        },
      })
    // Those that the filter takes, and, where it takes only some, all others: to see those move that are shown. The former by
    // themselves, for in a flood of changes only the newest are told, and a dead letter is never among them.
    const streams = narrowed ? [read(filter, true), read(scope, false)] : [read(filter, true)]
    return () => {
      clearTimeout(again)
      comparing.current.cancel()
      for (const stop of streams) stop()
    }
  }, [client, socket, queue, filter, scope, narrowed, compare])

  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter is another subscription
  useEffect(() => {
    if (!socket || !connected) return
    const timer = setTimeout(() => {
      compare()
      socket.caughtUp({ kind: 'reloaded' })
    }, BEGUN_MS)
    return () => clearTimeout(timer)
  }, [socket, connected, filter, compare])

  const release = useEffectEvent(() => {
    const until = Date.now() - LEAVING_MS
    const gone = new Set([...left.current].filter(([, since]) => since <= until).map(([id]) => id))
    if (gone.size === 0 || !queue.isFree()) return
    changeList((page) => ({
      edges: page.edges.filter(({ node }) => !gone.has(node.id)),
      hasMore: page.pageInfo.hasNextPage,
    }))
    for (const id of gone) left.current.delete(id)
  })
  useEffect(() => {
    const timer = setInterval(() => release(), 1_000)
    return () => clearInterval(timer)
  }, [])

  const isLeaving = useCallback((row: DeliveryRowFragment) => !matches(row, filter), [filter])
  return { live, problem, clear: () => queue.clear(), isLeaving }
}

const edgeOf = (node: Changed): Edge => ({ __typename: 'DeliveryEdge', cursor: '', node })
