'use client'

import { useQuery } from '@apollo/client/react'
import { useEffect, useEffectEvent } from 'react'
import { graphql, readFragment } from '@/lib/graphql.ts'
import { type ReplayEnd, replayEnd, type Watched } from './replay-end.ts'
import { HOLD_REASONS } from './status.tsx'

const POLL_MS = 1_000
/** How long a replay is followed that finds no end: held, or waiting behind others. */
const PATIENCE_MS = 60_000

export const WatchedDelivery = graphql(`
  fragment WatchedDelivery on Delivery {
    id
    status
    holdReason
    attemptCount
    lastError
    ...DeliveryRow
  }
`)

const WatchReplay = graphql(`
  query WatchReplay($id: ID!) {
    node(id: $id) {
      __typename
      ... on Delivery {
        id
        ...WatchedDelivery
      }
    }
  }
`)

/** What is said of a replay that is given up following. */
const stillWaiting = ({ holdReason }: Watched): ReplayEnd => ({
  color: 'yellow',
  title: 'Replay still waiting',
  reason: holdReason ? `On hold: ${HOLD_REASONS[holdReason]}.` : null,
})

/** Follows one replay by asking for it each second. What it learns reaches the list through the cache. */
export function ReplayWatch({ id, onEnd }: { id: string; onEnd: (end: ReplayEnd | null) => void }) {
  const { data, stopPolling } = useQuery(WatchReplay, {
    variables: { id },
    fetchPolicy: 'network-only',
    pollInterval: POLL_MS,
  })
  const node = data?.node?.__typename === 'Delivery' ? readFragment(WatchedDelivery, data.node) : null
  const end = node ? replayEnd(node) : null
  const ended = end !== null
  const finish = useEffectEvent(() => {
    stopPolling()
    onEnd(end ?? (node && stillWaiting(node)))
  })
  useEffect(() => {
    if (ended) finish()
  }, [ended])
  useEffect(() => {
    const timer = setTimeout(() => finish(), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [])
  return null
}
