'use client'

import { NetworkStatus } from '@apollo/client'
import { useApolloClient, type useQuery } from '@apollo/client/react'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { type EventFilter, type EventListQuery, type EventListQueryVariables, readFragment } from '@/lib/graphql.ts'
import { pageFor } from '@/lib/lists/use-pages.ts'
import { persist } from '@/lib/live/persist.ts'
import { useConnection, useLiveSocket } from '@/lib/live/use-connection.tsx'
import type { Problem } from '@/lib/request-error.ts'
import { EventList, EventRow, NewestEvent } from '../documents.ts'
import { type FedEvent, type FeedReader, readFeed } from './event-subscription.ts'
import { type FeedList, roomFor, useFeedList } from './use-feed-list.ts'
import { mergeEdges, type Taken } from './waiting-rows.ts'

type Page = EventListQuery['events']

export interface EventFeedState {
  live: FeedList
  /** Why the feed is not live. */
  problem: Problem | null
  /** Discards waiting rows, because the list is being reloaded. */
  clear: () => void
}

/** Adds live events to the list, once the list is loaded. */
export function useEventFeed({
  list,
  filter,
}: {
  list: Pick<useQuery.Result<EventListQuery, EventListQueryVariables>, 'updateQuery' | 'networkStatus'> & {
    data?: EventListQuery | undefined
  }
  filter: EventFilter
}): EventFeedState {
  const client = useApolloClient()
  const socket = useLiveSocket()
  const { updateQuery, networkStatus, data } = list
  const there = networkStatus === NetworkStatus.ready && data !== undefined
  const busy = networkStatus !== NetworkStatus.ready && networkStatus !== NetworkStatus.error
  const [followed, setFollowed] = useState<EventFilter | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const reader = useRef<FeedReader>(null)
  if (there && followed !== filter) setFollowed(filter)

  const { live, queue, mark } = useFeedList<FedEvent>({
    selected: false,
    busy,
    merge(taken) {
      updateQuery((_unsafe, { complete, previousData }) =>
        complete ? { ...previousData, events: merged(previousData.events, taken) } : undefined,
      )
      mark(taken.rows.map(({ id }) => id))
    },
    // Events never change.
    change() {},
    recover() {},
  })

  const knows = useEffectEvent(
    (id: string) => queue.has(id) || (data?.events.edges.some(({ node }) => node.id === id) ?? false),
  )
  const firstEdge = useEffectEvent(() => data?.events.edges[0])
  /** Reads the newest rows again, to fill a gap. */
  const fill = useEffectEvent(async () => {
    const first = pageFor(data?.events.edges.length ?? 0)
    const answer = await client.query({ query: EventList, variables: { filter, first }, fetchPolicy: 'no-cache' })
    const { edges = [], pageInfo } = answer.data?.events ?? {}
    const oldest = edges.at(-1)?.node.id
    if (oldest && pageInfo?.hasNextPage && !knows(oldest)) queue.missedBelow(oldest)
    for (const { node } of edges) if (!knows(node.id)) queue.add(node)
  })
  /** The cursor of the newest row. Events that are committed later have later positions. */
  const start = useEffectEvent(async (): Promise<string | null> => {
    const first = firstEdge()
    if (first) return readFragment(EventRow, first.node).cursor
    const answer = await client.query({ query: NewestEvent, variables: { filter: null }, fetchPolicy: 'no-cache' })
    const newest = answer.data?.events.nodes[0]?.cursor ?? null
    // Loads events that were published between the response with the empty list and this response.
    await fill()
    return newest
  })

  useEffect(() => {
    if (!socket || followed !== filter) return
    let left = false
    let cancel = () => {}
    queue.clear()
    setProblem(null)
    start()
      .catch(() => null)
      .then((after) => {
        if (left) return
        reader.current = readFeed({
          client,
          socket,
          filter,
          after,
          knows: (id) => knows(id),
          onEvent: (event) => queue.add(event),
          onGap() {
            cancel()
            cancel = persist(() => fill())
          },
          onProblem: setProblem,
        })
      })
    return () => {
      left = true
      cancel()
      reader.current?.stop()
      reader.current = null
    }
  }, [client, socket, queue, followed, filter])

  const { state } = useConnection()
  useEffect(() => {
    if (state === 'catchingUp') void reader.current?.catchUp()
  }, [state])

  return { live, problem, clear: () => queue.clear() }
}

const edgeOf = (node: FedEvent): Page['edges'][number] => ({ __typename: 'EventEdge', cursor: '', node })

function merged(page: Page, taken: Taken<FedEvent>): Page {
  const { edges, hasMore } = mergeEdges(
    { edges: page.edges, hasMore: page.pageInfo.hasNextPage },
    taken,
    roomFor(page.edges.length),
    edgeOf,
  )
  return {
    ...page,
    edges,
    pageInfo: { ...page.pageInfo, hasNextPage: hasMore, endCursor: edges.at(-1)?.cursor ?? null },
  }
}
