'use client'

import { Group, SegmentedControl } from '@mantine/core'
import { useCallback } from 'react'
import { WINDOW_NAMES, WINDOWS, type WindowName } from '@/lib/filters.ts'
import { Choice } from '@/ui/Choice.tsx'
import { SearchField } from '@/ui/SearchField.tsx'
import { STATUS_NAMES, type StatusName, statusOf, type useDeliveryFilters } from './filters.ts'
import { STATUSES } from './status.tsx'

const STATUS_OPTIONS = [
  { value: 'all' as const, label: 'All' },
  ...STATUS_NAMES.map((value) => ({
    value,
    label: STATUSES[statusOf(value)].label,
    tone: STATUSES[statusOf(value)].tone,
  })),
]

export function DeliveryFilters({
  params,
  setParams,
}: Pick<ReturnType<typeof useDeliveryFilters>, 'params' | 'setParams'>) {
  const search = useCallback((q: string) => void setParams({ q }), [setParams])
  return (
    <Group gap="sm" justify="space-between">
      <Group gap="sm">
        <SegmentedControl<WindowName>
          size="xs"
          aria-label="Time window"
          value={params.window}
          onChange={(window) => void setParams({ window })}
          data={WINDOW_NAMES.map((value) => ({ value, label: WINDOWS[value].label }))}
        />
        <Choice<StatusName | 'all'>
          label="Status"
          options={STATUS_OPTIONS}
          value={params.status ?? 'all'}
          onChange={(status) => void setParams({ status: status === 'all' ? null : status })}
        />
      </Group>
      <SearchField
        label="Search deliveries"
        placeholder="URL, event type or error"
        value={params.q}
        onChange={search}
      />
    </Group>
  )
}
