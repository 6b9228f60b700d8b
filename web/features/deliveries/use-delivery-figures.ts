'use client'

import { useApolloClient, useQuery } from '@apollo/client/react'
import { useCallback, useEffect, useRef } from 'react'
import type { DeliveryCountsQuery, DeliveryFilter } from '@/lib/graphql.ts'
import { follow } from '@/lib/live/follow.ts'
import { useLiveSocket } from '@/lib/live/use-connection.tsx'
import { isLasting } from '@/lib/request-error.ts'
import { DeliveryCounts, DeliveryFiguresFeed } from './documents.ts'

/** The most often that figures are asked for which no subscription tells. */
const ASK_MS = 3_000

export interface DeliveryFiguresState {
  /** Null until they are there. */
  figures: DeliveryCountsQuery['deliveryStats'] | null
  failed: boolean
  /** Asks for them now. */
  refresh: () => void
  /** Something changed: asks for them soon, where nobody tells them. */
  changed: () => void
}

/** The figures of a scope: told by a subscription for all of time, and otherwise asked for when something changed. */
export function useDeliveryFigures(scope: DeliveryFilter): DeliveryFiguresState {
  const client = useApolloClient()
  const socket = useLiveSocket()
  const { data, previousData, error, refetch } = useQuery(DeliveryCounts, { variables: { filter: scope } })
  const told = scope.window === 'ALL'
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const askedAt = useRef(0)

  const refresh = useCallback(() => {
    clearTimeout(timer.current)
    timer.current = undefined
    askedAt.current = Date.now()
    // What keeps the figures from coming keeps the list from coming too, and is said there.
    refetch().catch(() => undefined)
  }, [refetch])
  const changed = useCallback(() => {
    if (told || timer.current !== undefined) return
    timer.current = setTimeout(refresh, Math.max(0, askedAt.current + ASK_MS - Date.now()))
  }, [told, refresh])

  useEffect(() => {
    if (!socket || !told) return
    return follow({
      client,
      socket,
      subscription: DeliveryFiguresFeed,
      variables: () => ({ tenantId: scope.tenantId ?? null }),
      onData: (figures) => client.writeQuery({ query: DeliveryCounts, variables: { filter: scope }, data: figures }),
      onProblem: (problem) => !isLasting(problem),
    })
  }, [client, socket, told, scope])
  // biome-ignore lint/correctness/useExhaustiveDependencies: of another scope nothing has been asked yet
  useEffect(
    () => () => {
      clearTimeout(timer.current)
      timer.current = undefined
    },
    [scope],
  )

  return {
    figures: (data ?? previousData)?.deliveryStats ?? null,
    failed: error !== undefined,
    refresh,
    changed,
  }
}
