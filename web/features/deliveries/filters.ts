'use client'

import { parseAsStringLiteral, useQueryStates } from 'nuqs'
import { useMemo } from 'react'
import { useTenantFilter } from '@/features/access/TenantSelect.tsx'
import { openParser, searchParser, WINDOWS, windowParser } from '@/lib/filters.ts'
import type { DeliveryFilter, DeliveryStatus } from '@/lib/graphql.ts'
import { STATUSES } from './status.tsx'

/** Statuses under the names they have in the URL. */
export const STATUS_NAMES = ['delivered', 'failed', 'pending', 'dead_letter', 'cancelled'] as const
export type StatusName = (typeof STATUS_NAMES)[number]

const STATUS_OF = {
  delivered: 'DELIVERED',
  failed: 'FAILED',
  pending: 'PENDING',
  dead_letter: 'DEAD_LETTER',
  cancelled: 'CANCELLED',
} as const satisfies Record<StatusName, DeliveryStatus>

export const statusOf = (name: StatusName): DeliveryStatus => STATUS_OF[name]

const parsers = {
  window: windowParser,
  status: parseAsStringLiteral(STATUS_NAMES).withOptions({ history: 'push' }),
  q: searchParser,
  delivery: openParser,
}

/** What the deliveries page is asked to show; all of it is in the URL. */
export function useDeliveryFilters() {
  const [params, setParams] = useQueryStates(parsers)
  const tenantId = useTenantFilter()
  const { window, status, q } = params
  // The same objects while they ask for the same: they are what is followed.
  const scope = useMemo<DeliveryFilter>(() => ({ window: WINDOWS[window].value, tenantId }), [window, tenantId])
  const filter = useMemo<DeliveryFilter>(
    () => ({ ...scope, statuses: status ? [statusOf(status)] : null, search: q || null }),
    [scope, status, q],
  )
  return {
    params,
    setParams,
    tenantId,
    /** For the counts, which compare the statuses with each other. */
    scope,
    /** For the list. */
    filter,
  }
}

/** "No dead letter deliveries for tenant-1 in the last hour matching “acme”." */
export function nothingFound({
  params,
  tenantId,
}: Pick<ReturnType<typeof useDeliveryFilters>, 'params' | 'tenantId'>): string {
  const status = params.status ? ` ${STATUSES[statusOf(params.status)].label.toLowerCase()}` : ''
  const tenant = tenantId ? ` for ${tenantId}` : ''
  const search = params.q ? ` matching “${params.q}”` : ''
  return `No${status} deliveries${tenant} ${WINDOWS[params.window].phrase}${search}.`
}
