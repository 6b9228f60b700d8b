'use client'

import { useQuery } from '@apollo/client/react'
import { Button } from '@mantine/core'
import { useQueryState } from 'nuqs'
import { lazy, Suspense, useEffect, useMemo } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { SEVERITIES } from '@/features/events/severity.tsx'
import { type AlertRowFragment, readFragment } from '@/lib/graphql.ts'
import { LARGEST_PAGE } from '@/lib/lists/page-size.ts'
import { useList } from '@/lib/lists/use-list.ts'
import { useListParams } from '@/lib/lists/use-list-params.ts'
import { WINDOWS } from '@/lib/lists/windows.ts'
import { type Seed, useSeeds } from '@/lib/seeds.tsx'
import { useShortcuts } from '@/lib/use-shortcuts.tsx'
import { PaneLoading } from '@/ui/lists/DetailPane.tsx'
import { FilterBar } from '@/ui/lists/FilterBar.tsx'
import type { FilterDefinition } from '@/ui/lists/filter-suggestions.ts'
import { ListPage } from '@/ui/lists/ListPage.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { AlertViews } from './AlertViews.tsx'
import { columnsFor } from './columns.tsx'
import { AlertChanges, AlertList, AlertRow } from './documents.ts'
import { useFiringFirst } from './firing-first.ts'
import { ALERT_KEYS, alertFilter, firingOf } from './params.ts'
import { STATUSES } from './status.tsx'
import { alertName, useAlertActions } from './use-alert-actions.ts'
import { useRuleNames } from './use-rule-names.ts'

type Row = AlertRowFragment

const loadPane = () => import('./AlertPane.tsx')
const AlertPane = lazy(loadPane)

const POLL_MS = 15_000
const idOf = ({ id }: Row) => id

/** The list of alerts, firing ones first. */
export function AlertsPage({ seeds }: { seeds?: readonly Seed[] }) {
  useSeeds(seeds, [AlertList])
  const viewer = useViewer()
  const { params, setParams, show, filtered, bar } = useListParams(ALERT_KEYS)
  const tenantId = useTenantFilter()
  const filter = useMemo(() => alertFilter(params, tenantId), [params, tenantId])
  const list = useList(
    AlertList,
    { filter },
    { field: 'alerts', signal: { document: AlertChanges, variables: { tenantId } } },
  )
  const listed = useMemo(() => list.rows && readFragment(AlertRow, list.rows), [list.rows])
  const older = useOlderFiring(filter, list.hasMore)
  const matching = useMemo(() => listed && withOlder(listed, older), [listed, older])
  const { rows, onPoint } = useFiringFirst(matching)
  const may = hasRole(viewer, 'OPERATOR')
  useAlertShortcuts(rows, may)
  // Preloads the code of the pane.
  useEffect(() => void loadPane(), [])
  const columns = useMemo(() => columnsFor(may), [may])
  const filters = useFilters(tenantId)
  return (
    <ListPage<Row>
      title="Alerts"
      list={{
        ...list,
        rows,
        onPoint() {
          onPoint()
          list.onPoint()
        },
      }}
      {...{ columns, idOf, nameOf: alertName }}
      isLeaving={list.isLeaving}
      views={<AlertViews current="alerts" />}
      problem={list.liveProblem && <ProblemNotice problem={list.liveProblem} />}
      empty={
        filtered
          ? {
              title: `No alert ${WINDOWS[params.window].phrase} matches.`,
              actions: (
                <Button size="xs" variant="default" onClick={() => show({ window: 'all' })}>
                  Clear filters
                </Button>
              ),
            }
          : {
              title: `No alert fires, and none fired ${WINDOWS[params.window].phrase}.`,
              text: 'A rule raises an alert when enough matching events arrive within its window.',
            }
      }
      pane={(id, close) => (
        <Suspense fallback={<PaneLoading kind="Alert" id={id} onClose={close} />}>
          <AlertPane id={id} onClose={close} />
        </Suspense>
      )}
    >
      <FilterBar
        what="alerts"
        filters={filters}
        {...bar}
        searchHint="status: severity: rule: or part of a rule's name, a group, a source or a tenant"
        onId={(id) => void setParams({ open: id, window: 'all' })}
        onClear={filtered ? () => show({ window: params.window }) : undefined}
      />
    </ListPage>
  )
}

/** Firing alerts that are older than the first page. The API sorts by age, but firing alerts are shown at the top. */
function useOlderFiring(filter: ReturnType<typeof alertFilter>, hasMore: boolean): readonly Row[] {
  const firing = useMemo(() => firingOf(filter), [filter])
  const { data } = useQuery(AlertList, {
    variables: { filter: firing, first: LARGEST_PAGE },
    skip: firing === null || !hasMore,
    pollInterval: POLL_MS,
    errorPolicy: 'ignore',
  })
  return useMemo(
    () =>
      data
        ? readFragment(
            AlertRow,
            data.alerts.edges.map(({ node }) => node),
          )
        : [],
    [data],
  )
}

function withOlder(rows: readonly Row[], older: readonly Row[]): readonly Row[] {
  const listed = new Set(rows.map(idOf))
  return [...rows, ...older.filter(({ id }) => !listed.has(id))]
}

/** The keys that act on the open alert, or on the focused one. */
function useAlertShortcuts(rows: readonly Row[] | null, may: boolean): void {
  const [openId] = useQueryState('open')
  const { acknowledge, resolve } = useAlertActions()
  const current = () => {
    const id = openId ?? document.activeElement?.closest('[data-id]')?.getAttribute('data-id')
    return may ? rows?.find((row) => row.id === id) : undefined
  }
  useShortcuts([
    {
      keys: 'a',
      label: 'Acknowledge the alert',
      group: 'Rows',
      run() {
        const row = current()
        if (row?.status === 'FIRING') void acknowledge(row)
      },
    },
    {
      keys: 'z',
      label: 'Resolve the alert',
      group: 'Rows',
      run() {
        const row = current()
        if (row && row.status !== 'RESOLVED') void resolve(row)
      },
    },
  ])
}

function useFilters(tenantId: string | null): readonly FilterDefinition[] {
  const rules = useRuleNames(tenantId)
  return useMemo(
    () => [
      {
        key: 'status',
        label: 'Status',
        aliases: ['is'],
        multiple: true,
        options: Object.entries(STATUSES).map(([value, { label }]) => ({ value: value.toLowerCase(), label })),
      },
      {
        key: 'severity',
        label: 'Severity',
        multiple: true,
        options: Object.entries(SEVERITIES).map(([value, { label }]) => ({ value: value.toLowerCase(), label })),
      },
      {
        key: 'rule',
        label: 'Rule',
        options: rules?.map(({ id, name }) => ({ value: id, label: name })) ?? [],
      },
    ],
    [rules],
  )
}
