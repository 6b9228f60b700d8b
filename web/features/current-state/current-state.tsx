'use client'

import { useApolloClient, useQuery } from '@apollo/client/react'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { useViewerState } from '@/features/access/viewer.tsx'
import { type CurrentCountsFragment, readFragment } from '@/lib/graphql.ts'
import { follow } from '@/lib/live/follow.ts'
import { useLiveSocket } from '@/lib/live/use-connection.tsx'
import { isLasting } from '@/lib/request-error.ts'
import { type Seed, useSeedPolicy, useSeeds } from '@/lib/seeds.tsx'
import {
  CurrentCounts,
  CurrentDeliveries,
  CurrentDeliveryUpdates,
  FiringAlerts,
  ServiceStates,
  WebhookStates,
} from './documents.ts'
import type { Firing } from './firing.ts'
import { useFiring } from './use-firing.ts'

/** Polling interval of webhooks in milliseconds. Webhooks are polled because circuits have no subscription. */
const POLL_MS = 15_000
/**
 * Minimum time between two reloads of the webhooks. A changed delivery causes a reload, because the change may have
 * opened or closed a circuit.
 */
const SOON_MS = 3_000

export interface CurrentState {
  /** Null until loaded. */
  counts: CurrentCountsFragment | null
  webhooks: readonly CurrentWebhook[] | null
  firing: Firing | null
  /** Registered services that are down; null until loaded. */
  downServices: readonly { id: string; name: string; statusSince: string }[] | null
}

export interface CurrentWebhook {
  id: string
  name: string
  state: 'ENABLED' | 'PAUSED' | 'DISABLED'
  circuit: 'CLOSED' | 'OPEN' | 'HALF_OPEN'
  failingSince?: string | null
}

const CurrentStateContext = createContext<CurrentState>({
  counts: null,
  webhooks: null,
  firing: null,
  downServices: null,
})

/**
 * Current states, independent of the time window, for the badges of all pages and for the landing page. The
 * subscription of this provider keeps the socket open on every page, so that each page detects an unavailable API.
 */
export function CurrentStateProvider({ seeds, children }: { seeds: readonly Seed[]; children: ReactNode }) {
  useSeeds(seeds, [CurrentDeliveries, WebhookStates, FiringAlerts, ServiceStates])
  const client = useApolloClient()
  const socket = useLiveSocket()
  const { viewer } = useViewerState()
  const tenantId = useTenantFilter()
  const filter = useMemo(() => ({ tenantId }), [tenantId])
  const skip = viewer === null
  const stats = useQuery(CurrentDeliveries, {
    variables: { filter },
    fetchPolicy: useSeedPolicy(CurrentDeliveries, { filter }),
    skip,
  })
  const { data: states, refetch } = useQuery(WebhookStates, {
    variables: { tenantId },
    fetchPolicy: useSeedPolicy(WebhookStates, { tenantId }),
    skip,
    pollInterval: POLL_MS,
  })
  const firing = useFiring(tenantId, skip)
  const { data: services } = useQuery(ServiceStates, {
    fetchPolicy: useSeedPolicy(ServiceStates, {}),
    skip,
    pollInterval: POLL_MS,
  })
  const asked = useRef(0)

  useEffect(() => {
    if (!socket || skip) return
    return follow({
      client,
      socket,
      subscription: CurrentDeliveryUpdates,
      variables: () => ({ tenantId }),
      onData(data) {
        client.writeQuery({ query: CurrentDeliveries, variables: { filter }, data })
        if (Date.now() - asked.current < SOON_MS) return
        asked.current = Date.now()
        refetch().catch(() => undefined)
      },
      onProblem: (problem) => !isLasting(problem),
    })
  }, [client, socket, skip, tenantId, filter, refetch])

  const data = stats.data ?? stats.previousData
  const currentState = useMemo<CurrentState>(
    () => ({
      counts: readFragment(CurrentCounts, data?.deliveryStats) ?? null,
      webhooks: states?.webhooks.nodes ?? null,
      firing,
      downServices: services?.services.nodes ?? null,
    }),
    [data, states, firing, services],
  )
  return <CurrentStateContext value={currentState}>{children}</CurrentStateContext>
}

export const useCurrentState = (): CurrentState => useContext(CurrentStateContext)

/** Whether a receiver gets no deliveries: its circuit is not closed, or its webhook is disabled. */
export const isDown = ({ state, circuit }: Pick<CurrentWebhook, 'state' | 'circuit'>): boolean =>
  state === 'DISABLED' || circuit !== 'CLOSED'

export const useUnrecovered = (): number | null => useCurrentState().counts?.unrecovered ?? null
export const useDownWebhooks = (): number | null => useCurrentState().webhooks?.filter(isDown).length ?? null
export const useFiringAlerts = (): number | null => useCurrentState().firing?.total ?? null
export const useDownServices = (): number | null => useCurrentState().downServices?.length ?? null
