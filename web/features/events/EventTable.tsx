'use client'

import { Group, Stack, Text } from '@mantine/core'
import { type EventRowFragment, type FragmentType, readFragment } from '@/lib/graphql.ts'
import { OneLine } from '@/ui/OneLine.tsx'
import { type Column, RecordTable } from '@/ui/RecordTable.tsx'
import { RelativeTime } from '@/ui/RelativeTime.tsx'
import { EventRow } from './documents.ts'
import { SeverityBadge } from './severity.tsx'

type Row = EventRowFragment

const SYSTEM = 'No tenant: a system event'

const COLUMNS: readonly Column<Row>[] = [
  { key: 'severity', header: 'Severity', width: '7.5rem', cell: (row) => <SeverityBadge severity={row.severity} /> },
  { key: 'type', header: 'Event type', cell: (row) => <OneLine text={row.type} strong /> },
  { key: 'source', header: 'Source', cell: (row) => <OneLine text={row.source} /> },
  { key: 'subject', header: 'Subject', cell: (row) => row.subject && <OneLine text={row.subject} /> },
  {
    key: 'tenant',
    header: 'Tenant',
    width: '9rem',
    cell: (row) => <OneLine text={row.tenantId ?? 'system'} dimmed={!row.tenantId} title={row.tenantId ?? SYSTEM} />,
  },
  {
    key: 'received',
    header: 'Received',
    width: '7rem',
    cell: (row) => <RelativeTime at={row.receivedAt} />,
  },
]

function Card({ row }: { row: Row }) {
  return (
    <Stack gap={4}>
      <Group justify="space-between" gap="xs">
        <SeverityBadge severity={row.severity} />
        <Text size="xs" c="dimmed">
          <RelativeTime at={row.receivedAt} />
        </Text>
      </Group>
      <OneLine text={row.type} strong />
      <OneLine text={[row.source, row.subject, row.tenantId ?? 'system'].filter(Boolean).join(' · ')} small dimmed />
    </Stack>
  )
}

interface EventTableProps {
  events: readonly FragmentType<typeof EventRow>[]
  outdated: boolean
  openId: string | null
  onOpen: (id: string) => void
  onPoint: () => void
  /** Rows that came by themselves. */
  marks: ReadonlyMap<string, number>
}

const idOf = (row: Row): string => row.id
const nameOf = (row: Row): string => `${row.type} from ${row.source}`
const card = (row: Row) => <Card row={row} />

export function EventTable({ events, ...rest }: EventTableProps) {
  return (
    <RecordTable
      caption="Events"
      columns={COLUMNS}
      columnsFrom={56}
      rows={readFragment(EventRow, events)}
      idOf={idOf}
      nameOf={nameOf}
      card={card}
      {...rest}
    />
  )
}
