'use client'

import { Button } from '@mantine/core'
import Link from 'next/link'
import { useQueryState } from 'nuqs'
import { lazy, Suspense, useMemo } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { span } from '@/lib/format/time.ts'
import { type BulkReplayRowFragment, readFragment } from '@/lib/graphql.ts'
import { useList } from '@/lib/lists/use-list.ts'
import { type Seed, useSeeds } from '@/lib/seeds.tsx'
import { useKeptPath } from '@/lib/url.ts'
import { PaneLoading } from '@/ui/lists/DetailPane.tsx'
import { ListPage } from '@/ui/lists/ListPage.tsx'
import { PageViews } from '@/ui/lists/PageViews.tsx'
import type { Column } from '@/ui/lists/Table.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { BulkReplayList, BulkReplayRow } from './documents.ts'
import { statusesOf, viewParser } from './params.ts'
import { ReplayStatus } from './ReplayStatus.tsx'
import { useBulkReplayFeed } from './use-bulk-replay.ts'
import { actorText, counted, filterText, totalText } from './words.ts'

type Row = BulkReplayRowFragment

const OperationPane = lazy(() => import('./OperationPane.tsx'))

const took = ({ createdAt, finishedAt }: Row) =>
  finishedAt ? span(Date.parse(finishedAt) - Date.parse(createdAt)) : null

const COLUMNS: readonly Column<Row>[] = [
  { key: 'status', header: 'Status', width: 112, phone: 'lead', cell: (replay) => <ReplayStatus replay={replay} /> },
  {
    key: 'reason',
    header: 'Why',
    phone: 'title',
    cell: (replay) => replay.reason ?? <span style={{ color: 'var(--text-dim)' }}>no reason given</span>,
  },
  {
    key: 'filter',
    header: 'Deliveries',
    from: 900,
    cell: (replay) => filterText(replay.filter) ?? 'chosen by id',
  },
  { key: 'total', header: 'Selected', width: 96, from: 600, align: 'end', cell: totalText },
  {
    key: 'delivered',
    header: 'Arrived',
    width: 84,
    phone: 'end',
    align: 'end',
    unit: 'arrived',
    cell: (row) => counted(row.delivered),
  },
  { key: 'failed', header: 'Failed', width: 72, align: 'end', cell: (row) => counted(row.failed) },
  { key: 'skipped', header: 'Skipped', width: 80, from: 750, align: 'end', cell: (row) => counted(row.skipped) },
  { key: 'by', header: 'Started by', width: 140, from: 750, cell: ({ startedBy }) => actorText(startedBy) },
  { key: 'took', header: 'Took', width: 72, from: 1050, align: 'end', cell: took },
  { key: 'at', header: 'Started', width: 170, phone: 'sub', cell: ({ createdAt }) => <Time at={createdAt} /> },
]

const idOf = ({ id }: Row) => id
const nameOf = (row: Row) => `Bulk replay of ${totalText(row)} by ${actorText(row.startedBy)}`
/** At most this many running bulk replays are followed by subscription. The others change when the list is reloaded. */
const MOST_FOLLOWED = 5

/** The bulk replays, each with its user, reason, progress and results. */
export function OperationsPage({ seeds }: { seeds?: readonly Seed[] }) {
  useSeeds(seeds, [BulkReplayList])
  const tenantId = useTenantFilter()
  const pathTo = useKeptPath()
  const [view, setView] = useQueryState('is', viewParser)
  const statuses = statusesOf(view)
  const list = useList(BulkReplayList, { tenantId, statuses }, { field: 'bulkReplays' })
  const rows = useMemo(() => list.rows && readFragment(BulkReplayRow, list.rows), [list.rows])
  const running = rows?.filter((row) => row.status === 'RUNNING').slice(0, MOST_FOLLOWED) ?? []
  return (
    <>
      {running.map(({ id }) => (
        <Feed key={id} id={id} />
      ))}
      <ListPage<Row>
        title="Operations"
        list={{ ...list, rows }}
        columns={COLUMNS}
        idOf={idOf}
        nameOf={nameOf}
        views={
          <PageViews
            label="Bulk replays"
            views={[
              { name: 'all', label: 'All' },
              { name: 'running', label: 'Running' },
            ]}
            active={view}
            onChange={(next) => void setView(next)}
          />
        }
        empty={{
          title: view === 'running' ? 'No bulk replay is running.' : 'There was no bulk replay yet.',
          text: 'Select deliveries, or filter them, and replay them together.',
          actions: (
            <Button
              component={Link}
              href={pathTo('/deliveries', { status: 'dead', window: 'all' })}
              prefetch={false}
              size="xs"
              variant="default"
            >
              Show the unrecovered
            </Button>
          ),
        }}
        pane={(id, close) => (
          <Suspense fallback={<PaneLoading kind="Bulk replay" id={id} onClose={close} />}>
            <OperationPane id={id} onClose={close} />
          </Suspense>
        )}
      />
    </>
  )
}

function Feed({ id }: { id: string }) {
  useBulkReplayFeed(id, true)
  return null
}
