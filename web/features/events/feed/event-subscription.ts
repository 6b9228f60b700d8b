import type { ApolloClient } from '@apollo/client'
import type { EventFeedSubscription, EventFilter } from '@/lib/graphql.ts'
import type { Gain } from '@/lib/live/connection.ts'
import { follow } from '@/lib/live/follow.ts'
import type { LiveSocket } from '@/lib/live/socket.ts'
import { isLasting, type Problem } from '@/lib/request-error.ts'
import { EventFeed, NewestEvent } from '../documents.ts'

export type FedEvent = EventFeedSubscription['events']['event']

/** If more events than this were missed, the list is reloaded instead of reading them one by one. */
const MANY = 2_000

interface Reading {
  client: ApolloClient
  socket: LiveSocket
  filter: EventFilter
  /** The cursor of the newest event in the list; null if the list is empty. */
  after: string | null
  /** Whether the event is already in the list or waits to be added to it. */
  knows: (id: string) => boolean
  onEvent: (event: FedEvent) => void
  /** Events were skipped: the list must be reloaded. */
  onGap: () => void
  /** The subscription ended with this problem. */
  onProblem: (problem: Problem) => void
}

export interface FeedReader {
  /**
   * To be called after a reconnect: counts the events that were missed, and reports the number once they have arrived.
   */
  catchUp: () => Promise<void>
  stop: () => void
}

/**
 * Reads the feed from a position, each event once, across disconnects and restarts. If the reader is too far behind, it
 * skips events and reports a gap.
 */
export function readFeed({ client, socket, filter, after, knows, onEvent, onGap, onProblem }: Reading): FeedReader {
  let position = after
  let stopped = false
  let end = () => {}
  /** Events received since the connection was lost; null while connected. */
  let missed: number | null = null
  /** The last event that was published during the interruption. */
  let target: string | null = null

  const newest = async (narrowed: EventFilter | null) => {
    const { data } = await client.query({
      query: NewestEvent,
      variables: { filter: narrowed },
      fetchPolicy: 'no-cache',
    })
    return data?.events.nodes[0]
  }
  const caughtUp = (gain: Gain) => {
    missed = null
    target = null
    socket.caughtUp(gain)
  }
  const skip = async (gain: Gain) => {
    end()
    const head = await newest(null).catch(() => undefined)
    if (stopped) return
    // Without a response, the feed continues from now. The list is reloaded anyway.
    position = head?.cursor ?? null
    onGap()
    caughtUp(gain)
    start()
  }
  const start = () => {
    end = follow({
      client,
      socket,
      subscription: EventFeed,
      variables: () => ({ filter, after: position }),
      onData({ events: { cursor, event } }) {
        position = cursor
        if (missed !== null) missed += 1
        onEvent(event)
        if (missed === null || target === null) return
        if (event.id === target) caughtUp({ kind: 'events', count: missed, more: false })
        else if (missed >= MANY) void skip({ kind: 'events', count: missed, more: true })
      },
      onCut() {
        missed ??= 0
        target = null
      },
      onProblem(problem) {
        if (problem.code === 'CURSOR_EXPIRED') {
          void skip({ kind: 'pruned' })
          return false
        }
        if (!isLasting(problem)) return true
        onProblem(problem)
        return false
      },
    })
  }
  start()

  return {
    async catchUp() {
      if (missed === null) return
      // Without a response, the number of missed events is not reported. The events themselves still arrive.
      const head = await newest(filter).catch(() => null)
      if (stopped || missed === null || head === null) return
      if (head === undefined || knows(head.id)) caughtUp({ kind: 'events', count: missed, more: false })
      else target = head.id
    },
    stop() {
      stopped = true
      end()
    },
  }
}
