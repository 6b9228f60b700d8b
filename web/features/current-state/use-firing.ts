'use client'

import { useApolloClient, useQuery } from '@apollo/client/react'
import { useEffect, useMemo } from 'react'
import { AlertChanges, AlertRow } from '@/features/alerts/documents.ts'
import { type AlertRowFragment, readFragment } from '@/lib/graphql.ts'
import { follow } from '@/lib/live/follow.ts'
import { useLiveSocket } from '@/lib/live/use-connection.tsx'
import { isLasting } from '@/lib/request-error.ts'
import { useSeedPolicy } from '@/lib/seeds.tsx'
import { FiringAlerts } from './documents.ts'

/** Polling interval in milliseconds, in case the subscription missed a change. */
const POLL_MS = 15_000
/** Changes within this time cause one request. */
const GATHER_MS = 300

export interface Firing {
  total: number
  /** The newest firing alerts. */
  newest: readonly AlertRowFragment[]
}

/** The firing alerts, updated by a subscription. Null while loading. */
export function useFiring(tenantId: string | null, skip: boolean): Firing | null {
  const client = useApolloClient()
  const socket = useLiveSocket()
  const { data, previousData, refetch } = useQuery(FiringAlerts, {
    variables: { tenantId },
    fetchPolicy: useSeedPolicy(FiringAlerts, { tenantId }),
    skip,
    pollInterval: POLL_MS,
  })
  useEffect(() => {
    if (!socket || skip) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = follow({
      client,
      socket,
      subscription: AlertChanges,
      variables: () => ({ tenantId }),
      onData() {
        timer ??= setTimeout(() => {
          timer = undefined
          refetch().catch(() => undefined)
        }, GATHER_MS)
      },
      onProblem: (problem) => !isLasting(problem),
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [client, socket, skip, tenantId, refetch])
  const alerts = (data ?? previousData)?.alerts
  return useMemo(
    () => (alerts ? { total: alerts.totalCount, newest: readFragment(AlertRow, alerts.nodes) } : null),
    [alerts],
  )
}
