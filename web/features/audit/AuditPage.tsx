'use client'

import { Button } from '@mantine/core'
import { useMemo } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { type AuditRowFragment, readFragment } from '@/lib/graphql.ts'
import { currentView } from '@/lib/lists/list-params.ts'
import { useList } from '@/lib/lists/use-list.ts'
import { useListParams } from '@/lib/lists/use-list-params.ts'
import { WINDOWS } from '@/lib/lists/windows.ts'
import { makeProblem } from '@/lib/request-error.ts'
import { type Seed, useSeeds } from '@/lib/seeds.tsx'
import { DownloadIcon } from '@/ui/icons.tsx'
import { FilterBar } from '@/ui/lists/FilterBar.tsx'
import type { FilterDefinition } from '@/ui/lists/filter-suggestions.ts'
import { ListPage } from '@/ui/lists/ListPage.tsx'
import { SavedViews, type View } from '@/ui/lists/SavedViews.tsx'
import type { Column } from '@/ui/lists/Table.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { AuditPane } from './AuditPane.tsx'
import { ChainBadge } from './ChainBadge.tsx'
import { AuditList, AuditRow } from './documents.ts'
import { OUTCOMES, OutcomeBadge } from './outcome.tsx'
import { AUDIT_KEYS, auditFilter, exportPath } from './params.ts'

type Row = AuditRowFragment

export const actorName = ({ actor }: Row): string => actor.name ?? actor.id

const COLUMNS: readonly Column<Row>[] = [
  {
    key: 'outcome',
    header: 'Outcome',
    width: 96,
    phone: 'lead',
    cell: ({ outcome }) => <OutcomeBadge outcome={outcome} />,
  },
  { key: 'action', header: 'Action', phone: 'title', cell: ({ action }) => <span title={action}>{action}</span> },
  { key: 'actor', header: 'Actor', phone: 'sub', cell: (row) => <span title={row.actor.id}>{actorName(row)}</span> },
  {
    key: 'target',
    header: 'Target',
    grow: 1.4,
    from: 600,
    cell: ({ targetId }) => targetId && <span title={targetId}>{targetId}</span>,
  },
  { key: 'tenant', header: 'Tenant', width: 116, from: 900, cell: ({ tenantId }) => tenantId ?? 'installation' },
  { key: 'from', header: 'From', width: 120, from: 1050, cell: ({ clientIp }) => clientIp },
  { key: 'at', header: 'When', width: 170, phone: 'end', cell: ({ at }) => <Time at={at} /> },
]

const FILTERS: readonly FilterDefinition[] = [
  { key: 'actor', label: 'Actor id', free: true, multiple: true },
  {
    key: 'action',
    label: 'Action',
    free: true,
    multiple: true,
    options: ['delivery.replay', 'delivery.cancel', 'webhook.*', 'apiKey.*', 'tenant.*', 'eventType.*'].map(
      (value) => ({
        value,
        label: value,
      }),
    ),
  },
  {
    key: 'outcome',
    label: 'Outcome',
    multiple: true,
    options: Object.entries(OUTCOMES).map(([value, { label }]) => ({ value: value.toLowerCase(), label })),
  },
  { key: 'target', label: 'Target id', free: true },
]

const VIEWS: readonly View[] = [
  { name: 'Refused', params: { outcome: 'denied,failed', window: '24h' } },
  { name: 'Replays', params: { action: 'delivery.*', window: '24h' } },
]

const idOf = ({ id }: Row) => id
const nameOf = (row: Row) => `${row.action} by ${actorName(row)}`

/** The audit trail: actions, and requests that were refused. For administrators. */
export function AuditPage({ seeds }: { seeds?: readonly Seed[] }) {
  const viewer = useViewer()
  if (!hasRole(viewer, 'ADMIN'))
    return (
      <div style={{ padding: 16 }}>
        <ProblemNotice problem={makeProblem('FORBIDDEN', 'The audit trail requires the role ADMIN.')} />
      </div>
    )
  return <AuditEntries seeds={seeds} />
}

function AuditEntries({ seeds }: { seeds?: readonly Seed[] }) {
  useSeeds(seeds, [AuditList])
  const { params, setParams, setFilter, show, filtered, bar } = useListParams(AUDIT_KEYS)
  const tenantId = useTenantFilter()
  const filter = useMemo(() => auditFilter(params, tenantId), [params, tenantId])
  const list = useList(AuditList, { filter }, { field: 'auditEntries' })
  const rows = useMemo(() => list.rows && readFragment(AuditRow, list.rows), [list.rows])
  return (
    <ListPage<Row>
      title="Audit"
      list={{ ...list, rows }}
      columns={COLUMNS}
      idOf={idOf}
      nameOf={nameOf}
      views={<SavedViews views={VIEWS} current={currentView(bar.values, params)} onShow={show} />}
      actions={
        <>
          <ChainBadge tenantId={tenantId} />
          <Button
            component="a"
            href={exportPath(filter)}
            download
            size="xs"
            variant="default"
            leftSection={<DownloadIcon size={14} />}
          >
            CSV
          </Button>
        </>
      }
      empty={{
        title: `There are no entries${filtered ? ' that match' : ''} ${params.since ? 'in this range' : WINDOWS[params.window].phrase}.`,
        actions: (filtered || params.window !== 'all') && (
          <Button size="xs" variant="default" onClick={() => show({ window: 'all' })}>
            Clear filters
          </Button>
        ),
      }}
      pane={(id, close) => <AuditPane id={id} entry={rows?.find((row) => row.id === id)} onClose={close} />}
    >
      <FilterBar
        what="audit entries"
        filters={FILTERS}
        {...bar}
        searchHint="actor: action: outcome: target: or part of an action"
        onId={(id) => (id.startsWith('aud_') ? void setParams({ open: id }) : setFilter('target', [id]))}
        onClear={filtered ? () => show({ window: params.window }) : undefined}
      />
    </ListPage>
  )
}
