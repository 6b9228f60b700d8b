'use client'

import { useApolloClient, useQuery } from '@apollo/client/react'
import { useEffect, useMemo } from 'react'
import { AlertChanges, AlertRow } from '@/features/alerts/documents.ts'
import { type FragmentType, readFragment } from '@/lib/graphql.ts'
import { follow } from '@/lib/live/follow.ts'
import { useAfterConnection } from '@/lib/live/use-after-connection.ts'
import { useLiveSocket } from '@/lib/live/use-connection.tsx'
import { isLasting } from '@/lib/request-error.ts'
import { useSeedPolicy } from '@/lib/seeds.tsx'
import { FiringAlerts, FiringPage } from './documents.ts'
import { combineFiring, type Firing } from './firing.ts'

/** Polling interval in milliseconds, in case the subscription missed a change. */
const POLL_MS = 15_000
/** Changes within this time cause one request. */
const GATHER_MS = 300

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
  useAfterConnection(() => void refetch().catch(() => undefined), skip ? null : (tenantId ?? ''))
  const pages = data ?? previousData
  return useMemo(() => {
    if (!pages) return null
    const { critical, error, warning, info } = pages
    return combineFiring({
      critical: pageOf(critical),
      error: pageOf(error),
      warning: pageOf(warning),
      info: pageOf(info),
    })
  }, [pages])
}

function pageOf(page: FragmentType<typeof FiringPage>) {
  const { totalCount, nodes } = readFragment(FiringPage, page)
  return { total: totalCount, newest: readFragment(AlertRow, nodes) }
}
