'use client'

import { useQuery } from '@apollo/client/react'
import { useMemo } from 'react'
import { useCurrentState } from '@/features/current-state/current-state.tsx'
import { EventTypeNames } from '@/features/events/type-names.ts'
import type { FilterDefinition } from '@/ui/lists/filter-suggestions.ts'
import { STATES } from '@/ui/values/StatusBadge.tsx'
import { LAST_ATTEMPT } from './params.ts'
import { ERROR_KINDS } from './state.ts'

/** The filters of the deliveries page with their available values. */
export function useDeliveryFilters(): readonly FilterDefinition[] {
  const { webhooks } = useCurrentState()
  const { data } = useQuery(EventTypeNames, { fetchPolicy: 'cache-first', errorPolicy: 'ignore' })
  return useMemo(
    () => [
      {
        key: 'status',
        label: 'Status',
        aliases: ['is'],
        options: [
          ...Object.entries(STATES).map(([value, { label }]) => ({ value, label })),
          { value: LAST_ATTEMPT, label: 'Last attempt next' },
        ],
      },
      {
        key: 'webhook',
        label: 'Webhook',
        multiple: true,
        options: webhooks?.map(({ id, name }) => ({ value: id, label: name })) ?? [],
      },
      {
        key: 'error',
        label: 'Error',
        multiple: true,
        options: Object.entries(ERROR_KINDS).map(([kind, label]) => ({ value: kind.toLowerCase(), label })),
      },
      { key: 'code', label: 'HTTP status', free: true, multiple: true },
      {
        key: 'type',
        label: 'Event type',
        free: true,
        multiple: true,
        options: data?.eventTypes.map(({ name }) => ({ value: name, label: name })) ?? [],
      },
    ],
    [webhooks, data],
  )
}
