'use client'

import { useApolloClient, useQuery } from '@apollo/client/react'
import { Button } from '@mantine/core'
import { parseAsBoolean, useQueryState } from 'nuqs'
import { lazy, Suspense, useCallback, useEffect, useMemo } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { type DeliveryRowFragment, readFragment } from '@/lib/graphql.ts'
import { currentView } from '@/lib/lists/list-params.ts'
import { useList } from '@/lib/lists/use-list.ts'
import { useListParams } from '@/lib/lists/use-list-params.ts'
import { useSelection } from '@/lib/lists/use-selection.ts'
import { WINDOWS } from '@/lib/lists/windows.ts'
import { problemOf } from '@/lib/request-error.ts'
import { type Seed, useSeedPolicy, useSeeds } from '@/lib/seeds.tsx'
import { useShortcuts } from '@/lib/use-shortcuts.tsx'
import { ChartBars } from '@/ui/charts/ChartBars.tsx'
import { PaneLoading } from '@/ui/lists/DetailPane.tsx'
import { EmptyState } from '@/ui/lists/EmptyState.tsx'
import { FilterBar } from '@/ui/lists/FilterBar.tsx'
import { ListPage } from '@/ui/lists/ListPage.tsx'
import { SavedViews, type View } from '@/ui/lists/SavedViews.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { STATES } from '@/ui/values/StatusBadge.tsx'
import { BulkActions, ReplayAll } from './BulkActions.tsx'
import { CauseList } from './CauseList.tsx'
import { FailureCauseFields, FailureCauses } from './causes.ts'
import { columnsFor } from './columns.tsx'
import { DeliveriesById, DeliveryChanges, DeliveryHistory, DeliveryList, DeliveryRow } from './documents.ts'
import { DELIVERY_KEYS, deliveryFilter, LAST_ATTEMPT, stateIn } from './params.ts'
import { stateOf } from './state.ts'
import { useDeliveryFilters } from './use-delivery-filters.ts'
import { useReplay } from './use-replay.tsx'

type Row = DeliveryRowFragment

const loadPane = () => import('./pane/DeliveryPane.tsx')
const DeliveryPane = lazy(loadPane)

const VIEWS: readonly View[] = [
  { name: 'Unrecovered', params: { status: 'dead', window: 'all' } },
  { name: 'Waiting on circuits', params: { status: 'held', window: 'all' } },
  { name: 'Last attempt next', params: { status: LAST_ATTEMPT, window: 'all' } },
]

const idOf = ({ id }: Row) => id
const nameOf = (row: Row) => `${row.eventType} to ${row.webhook.name}`

/** The list of deliveries, with replay. `seeds`: query results that the server loaded while rendering. */
export function DeliveriesPage({ seeds }: { seeds?: readonly Seed[] }) {
  useSeeds(seeds, [DeliveryList, DeliveryHistory])
  const client = useApolloClient()
  const viewer = useViewer()
  const { params, setParams, show, filtered: hasFilter, bar } = useListParams(DELIVERY_KEYS)
  const tenantId = useTenantFilter()
  const filter = useMemo(() => deliveryFilter(params, tenantId), [params, tenantId])
  const filterKey = JSON.stringify(filter)
  const [grouped, setGrouped] = useQueryState('group', parseAsBoolean.withDefault(false))

  const readRows = useCallback(
    async (ids: readonly string[]) => {
      const { data } = await client.query({
        query: DeliveriesById,
        variables: { ids: [...ids] },
        fetchPolicy: 'no-cache',
      })
      return data?.nodes.flatMap((node) => (node?.__typename === 'Delivery' ? [node] : [])) ?? []
    },
    [client],
  )
  const selection = useSelection(filterKey)
  const list = useList(
    DeliveryList,
    { filter },
    {
      field: 'deliveries',
      signal: { document: DeliveryChanges, variables: { filter: { tenantId } } },
      selected: selection.ids.size > 0,
      readRows,
    },
  )
  const rows = useMemo(() => list.rows && readFragment(DeliveryRow, list.rows), [list.rows])
  const { replay } = useReplay()
  // Preloads the code of the pane.
  useEffect(() => void loadPane(), [])
  const [openId] = useQueryState('open')
  const may = hasRole(viewer, 'OPERATOR')
  useShortcuts([
    {
      keys: 'r',
      label: 'Replay or send now',
      group: 'Rows',
      run() {
        const id = openId ?? document.activeElement?.closest('[data-id]')?.getAttribute('data-id')
        const row = rows?.find((one) => one.id === id)
        if (may && id && (!row || isReplayable(row))) void replay(id)
      },
    },
  ])
  const columns = useMemo(() => columnsFor(stateIn(params)), [params])
  const filters = useDeliveryFilters()
  const filtered = hasFilter || params.since !== null
  return (
    <ListPage<Row>
      title="Deliveries"
      list={{ ...list, rows }}
      {...{ columns, idOf, nameOf, selection }}
      isLeaving={list.isLeaving}
      views={<SavedViews views={VIEWS} current={currentView(bar.values, params)} onShow={show} />}
      actions={
        <>
          {may && !grouped && stateIn(params) === 'dead' && <ReplayAll filter={filter} total={list.total} />}
          <Button
            size="xs"
            variant={grouped ? 'filled' : 'default'}
            aria-pressed={grouped}
            onClick={() => void setGrouped(!grouped || null)}
          >
            Group by cause
          </Button>
        </>
      }
      bulk={<BulkActions selection={selection} filter={filter} may={may} />}
      problem={list.liveProblem && <ProblemNotice problem={list.liveProblem} />}
      empty={{
        title: nothingFound(params, tenantId),
        text: emptyAdvice(stateIn(params)),
        actions: (filtered || params.window !== 'all') && (
          <Button size="xs" variant="default" onClick={() => show({ window: 'all' })}>
            Clear filters
          </Button>
        ),
      }}
      pane={(id, close) => (
        <Suspense fallback={<PaneLoading kind="Delivery" id={id} onClose={close} />}>
          <DeliveryPane id={id} onClose={close} />
        </Suspense>
      )}
      grouped={grouped ? <Causes tenantId={tenantId} /> : undefined}
    >
      {!grouped && (
        <>
          <History filter={filter} params={params} setParams={setParams} />
          <FilterBar
            what="deliveries"
            filters={filters}
            {...bar}
            searchHint="status: webhook: error: type: or any text or id"
            onId={(id) => void (id.startsWith('dlv_') ? setParams({ open: id }) : setParams({ q: id, window: 'all' }))}
            onClear={filtered ? () => show({ window: params.window }) : undefined}
          />
        </>
      )}
    </ListPage>
  )
}

const isReplayable = (row: Row): boolean => !['held', 'waiting'].includes(stateOf(row))

interface HistoryProps {
  filter: ReturnType<typeof deliveryFilter>
  params: Params
  setParams: Setter
}

const POLL_MS = 15_000

/** Histogram of the matching deliveries by status and time of the last change. Selecting a range filters the list. */
function History({ filter, params, setParams }: HistoryProps) {
  const variables = useMemo(() => ({ filter, buckets: 60 }), [filter])
  const { data, previousData } = useQuery(DeliveryHistory, {
    variables,
    fetchPolicy: useSeedPolicy(DeliveryHistory, variables),
    pollInterval: POLL_MS,
  })
  return (
    <ChartBars
      label="Deliveries over time by current status"
      buckets={(data ?? previousData)?.deliveryStats.timeline ?? []}
      outdated={data === undefined}
      series={[
        { name: 'dead', color: 'var(--chart-dead)', accessor: ({ deadLetter }) => deadLetter },
        { name: 'retrying', color: 'var(--chart-retrying)', accessor: ({ failed }) => failed },
        { name: 'arrived', color: 'var(--chart-arrived)', accessor: ({ delivered }) => delivered },
      ]}
      onBrush={(since, until) => void setParams({ since, until })}
      onClear={params.since ? () => void setParams({ since: null, until: null }) : undefined}
    />
  )
}

/** Failures grouped by cause, instead of rows. */
function Causes({ tenantId }: { tenantId: string | null }) {
  const { data, error, loading, refetch } = useQuery(FailureCauses, {
    variables: { tenantId, first: 50 },
    pollInterval: POLL_MS,
  })
  const causes = readFragment(FailureCauseFields, data?.failureCauses)
  if (!causes) {
    if (loading) return <Placeholder rows={6} height={56} />
    return error && <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch().catch(() => undefined)} />
  }
  if (causes.length === 0) return <EmptyState title="Nothing fails.">Every dead letter is recovered.</EmptyState>
  return <CauseList causes={causes} />
}

type Params = ReturnType<typeof useListParams<(typeof DELIVERY_KEYS)[number]>>['params']
type Setter = ReturnType<typeof useListParams<(typeof DELIVERY_KEYS)[number]>>['setParams']

/** "No dead letters for tenant-1 in the last hour matching “acme”." */
function nothingFound(params: Params, tenantId: string | null): string {
  const state = stateIn(params)
  const what =
    state === 'dead'
      ? 'unrecovered dead letters'
      : state
        ? `${STATES[state].label.toLowerCase()} deliveries`
        : 'deliveries'
  const tenant = tenantId ? ` for ${tenantId}` : ''
  const time = params.since || params.until ? 'in this range' : WINDOWS[params.window].phrase
  return `No ${what}${tenant} ${time}${params.q ? ` matching “${params.q}”` : ''}.`
}

function emptyAdvice(state: ReturnType<typeof stateIn>): string | undefined {
  if (state === 'dead') return 'Nothing is left to recover.'
  if (state === 'held') return 'Nothing waits on a circuit, a pause or a limit.'
  return state === null
    ? 'The window refers to the last change. Widen it, or publish an event that a webhook subscribes to.'
    : undefined
}
