'use client'

import { Group, Stack, Text } from '@mantine/core'
import { type DeliveryRowFragment, type FragmentType, readFragment } from '@/lib/graphql.ts'
import { OneLine } from '@/ui/OneLine.tsx'
import { type Column, RecordTable } from '@/ui/RecordTable.tsx'
import { RelativeTime } from '@/ui/RelativeTime.tsx'
import { DeliveryRow } from './documents.ts'
import { ReplayButton } from './ReplayButton.tsx'
import { ERROR_KINDS, HOLD_REASONS, isFinal, STATUSES, StatusBadge } from './status.tsx'

type Row = DeliveryRowFragment

/** Whether it is a replay, and how far its own newest replay has come. */
function lineage({ replayOf, replays }: Row): string {
  const newest = replays.at(-1)
  return [replayOf && 'replay', newest && `replayed: ${STATUSES[newest.status].label.toLowerCase()}`]
    .filter(Boolean)
    .join(', ')
}

function EventType({ row }: { row: Row }) {
  const about = lineage(row)
  return (
    <>
      <OneLine text={row.eventType} strong />
      {about && <OneLine text={about} small dimmed />}
    </>
  )
}

function Target({ row }: { row: Row }) {
  return (
    <>
      <OneLine text={row.webhook.name} />
      <OneLine text={row.targetUrl} small dimmed />
    </>
  )
}

/** When it is tried next, or what keeps it from being tried. */
export function NextAttempt({ row }: { row: Pick<Row, 'status' | 'holdReason' | 'nextAttemptAt'> }) {
  if (isFinal(row.status)) {
    return (
      <Text size="sm" c="dimmed">
        –
      </Text>
    )
  }
  if (row.holdReason) {
    return (
      <>
        <Text size="sm">On hold</Text>
        <Text size="xs" c="dimmed">
          {HOLD_REASONS[row.holdReason]}
        </Text>
      </>
    )
  }
  return <Text size="sm">{row.nextAttemptAt ? <RelativeTime at={row.nextAttemptAt} /> : 'now'}</Text>
}

/** The same in the small print of a card, where no column says what it is. */
function CardNext({ row }: { row: Row }) {
  return (
    <Text size="xs" c="dimmed">
      {row.holdReason
        ? `On hold: ${HOLD_REASONS[row.holdReason]}`
        : row.nextAttemptAt && (
            <>
              Next <RelativeTime at={row.nextAttemptAt} />
            </>
          )}
    </Text>
  )
}

function LastError({ row, lines }: { row: Row; lines: number }) {
  if (!row.lastError && !row.lastErrorKind) return null
  const text = row.lastError ?? (row.lastErrorKind ? ERROR_KINDS[row.lastErrorKind] : '')
  return (
    <Text size="xs" lineClamp={lines} title={text} style={{ overflowWrap: 'anywhere' }}>
      {text}
    </Text>
  )
}

const SYSTEM = 'No tenant: a system event'

const COLUMNS: readonly Column<Row>[] = [
  { key: 'status', header: 'Status', width: '7.75rem', cell: (row) => <StatusBadge status={row.status} /> },
  { key: 'type', header: 'Event type', width: '13%', cell: (row) => <EventType row={row} /> },
  { key: 'target', header: 'Target', cell: (row) => <Target row={row} /> },
  { key: 'attempts', header: 'Attempts', width: '4.75rem', cell: (row) => `${row.attemptCount}/${row.maxAttempts}` },
  {
    key: 'tenant',
    header: 'Tenant',
    width: '7.25rem',
    cell: (row) => <OneLine text={row.tenantId ?? 'system'} dimmed={!row.tenantId} title={row.tenantId ?? SYSTEM} />,
  },
  {
    key: 'created',
    header: 'Created',
    width: '5.5rem',
    cell: (row) => <RelativeTime at={row.createdAt} />,
  },
  { key: 'next', header: 'Next attempt', width: '8.5rem', cell: (row) => <NextAttempt row={row} /> },
  { key: 'error', header: 'Error', width: '18%', cell: (row) => <LastError row={row} lines={2} /> },
  { key: 'action', header: 'Action', headless: true, width: '6.25rem', cell: (row) => <ReplayButton delivery={row} /> },
]

function Card({ row }: { row: Row }) {
  return (
    <Stack gap={6}>
      <Group justify="space-between" gap="xs">
        <StatusBadge status={row.status} />
        <Text size="xs" c="dimmed">
          <RelativeTime at={row.createdAt} />
        </Text>
      </Group>
      <div>
        <EventType row={row} />
        <Target row={row} />
      </div>
      <LastError row={row} lines={2} />
      <Group gap="xs" justify="space-between" mih={22}>
        <Group gap="sm">
          <Text size="xs" c="dimmed">
            Attempts {row.attemptCount}/{row.maxAttempts}
          </Text>
          <Text size="xs" c="dimmed">
            {row.tenantId ?? 'system'}
          </Text>
          {!isFinal(row.status) && <CardNext row={row} />}
        </Group>
        <ReplayButton delivery={row} ml="auto" />
      </Group>
    </Stack>
  )
}

interface DeliveryTableProps {
  deliveries: readonly FragmentType<typeof DeliveryRow>[]
  outdated: boolean
  openId: string | null
  onOpen: (id: string) => void
  onPoint: () => void
  /** Rows that came or changed by themselves. */
  marks: ReadonlyMap<string, number>
  /** Rows that the filter would not find any more. */
  isLeaving: (row: Row) => boolean
}

const idOf = (row: Row): string => row.id
const nameOf = (row: Row): string => `${row.eventType} to ${row.webhook.name}`
const card = (row: Row) => <Card row={row} />

export function DeliveryTable({ deliveries, ...rest }: DeliveryTableProps) {
  return (
    <RecordTable
      caption="Deliveries"
      columns={COLUMNS}
      columnsFrom={75}
      rows={readFragment(DeliveryRow, deliveries)}
      idOf={idOf}
      nameOf={nameOf}
      card={card}
      {...rest}
    />
  )
}
