'use client'

import { Group, SegmentedControl } from '@mantine/core'
import { useCallback } from 'react'
import { WINDOW_NAMES, WINDOWS, type WindowName } from '@/lib/filters.ts'
import { Choice } from '@/ui/Choice.tsx'
import { SearchField } from '@/ui/SearchField.tsx'
import { SEVERITY_NAMES, type SeverityName, severityOf, type useEventFilters } from './filters.ts'
import { SEVERITIES } from './severity.tsx'
import { TypeField } from './TypeField.tsx'

const SEVERITY_OPTIONS = [
  { value: 'all' as const, label: 'All' },
  ...SEVERITY_NAMES.map((value) => ({
    value,
    label: SEVERITIES[severityOf(value)].label,
    tone: SEVERITIES[severityOf(value)].tone,
  })),
]

export function EventFilters({ params, setParams }: Pick<ReturnType<typeof useEventFilters>, 'params' | 'setParams'>) {
  const search = useCallback((q: string) => void setParams({ q }), [setParams])
  const narrow = useCallback((type: string) => void setParams({ type }), [setParams])
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
        <Choice<SeverityName | 'all'>
          label="Severity"
          options={SEVERITY_OPTIONS}
          value={params.severity ?? 'all'}
          onChange={(severity) => void setParams({ severity: severity === 'all' ? null : severity })}
        />
      </Group>
      <Group gap="sm">
        <TypeField value={params.type} onChange={narrow} />
        <SearchField
          label="Search events"
          placeholder="Type, source, subject, payload"
          value={params.q}
          onChange={search}
        />
      </Group>
    </Group>
  )
}
