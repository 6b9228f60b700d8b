'use client'

import { useApolloClient, useQuery } from '@apollo/client/react'
import { Button } from '@mantine/core'
import { parseAsBoolean, useQueryState } from 'nuqs'
import { useMemo } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { justAfter } from '@/lib/format/time.ts'
import { type EventRowFragment, readFragment } from '@/lib/graphql.ts'
import { currentView } from '@/lib/lists/list-params.ts'
import { LARGEST_PAGE, PAGE_SIZE } from '@/lib/lists/page-size.ts'
import { useListParams } from '@/lib/lists/use-list-params.ts'
import { append, pageBehind, usePages } from '@/lib/lists/use-pages.ts'
import { WINDOWS } from '@/lib/lists/windows.ts'
import { useReportList } from '@/lib/live/list-state.tsx'
import { type Seed, useSeedPolicy, useSeeds } from '@/lib/seeds.tsx'
import { useShortcuts } from '@/lib/use-shortcuts.tsx'
import { ChartBars } from '@/ui/charts/ChartBars.tsx'
import { FilterBar } from '@/ui/lists/FilterBar.tsx'
import type { FilterDefinition } from '@/ui/lists/filter-suggestions.ts'
import { ListPage } from '@/ui/lists/ListPage.tsx'
import { SavedViews, type View } from '@/ui/lists/SavedViews.tsx'
import type { Column } from '@/ui/lists/Table.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { EventHistory, EventList, EventRow } from './documents.ts'
import { EventPane } from './EventPane.tsx'
import { EventTail } from './EventTail.tsx'
import { useEventFeed } from './feed/use-event-feed.ts'
import { EVENT_KEYS, eventFilter } from './params.ts'
import { SeverityButtons } from './SeverityButtons.tsx'
import { SEVERITIES, SeverityBadge } from './severity.tsx'
import { EventTypeNames } from './type-names.ts'

type Row = EventRowFragment

const COLUMNS: readonly Column<Row>[] = [
  {
    key: 'severity',
    header: 'Severity',
    width: 100,
    phone: 'lead',
    cell: (row) => <SeverityBadge severity={row.severity} />,
  },
  {
    key: 'type',
    header: 'Event type',
    grow: 1.4,
    phone: 'title',
    cell: ({ type }) => <span title={type}>{type}</span>,
  },
  {
    key: 'subject',
    header: 'Subject',
    from: 600,
    cell: ({ subject }) => subject && <span title={subject}>{subject}</span>,
  },
  {
    key: 'source',
    header: 'Source',
    phone: 'sub',
    cell: ({ source }) => source && <span title={source}>{source}</span>,
  },
  { key: 'tenant', header: 'Tenant', width: 130, from: 900, cell: ({ tenantId }) => tenantId ?? 'system' },
  { key: 'received', header: 'Received', width: 170, phone: 'end', cell: ({ receivedAt }) => <Time at={receivedAt} /> },
]

const idOf = ({ id }: Row) => id
const nameOf = ({ type, source }: Row) => `${type} from ${source}`

/** The live list of events, newest first. `seeds`: query results that the server loaded while rendering. */
export function EventsPage({ seeds }: { seeds?: readonly Seed[] }) {
  useSeeds(seeds, [EventList, EventHistory])
  const [tail, setTail] = useQueryState('tail', parseAsBoolean.withDefault(false))
  useShortcuts([{ keys: 'Shift+l', label: 'Live tail', group: 'Page', run: () => void setTail(!tail) }])
  return tail ? <EventTail onLeave={() => void setTail(null)} /> : <EventsList onTail={() => void setTail(true)} />
}

function EventsList({ onTail }: { onTail: () => void }) {
  const client = useApolloClient()
  const { params, setParams, setFilter, show, filtered: hasFilter, bar } = useListParams(EVENT_KEYS)
  const tenantId = useTenantFilter()
  // Memoized, because a new filter object would restart the subscription.
  const filter = useMemo(() => eventFilter(params, tenantId), [params, tenantId])
  const asked = { filter, first: PAGE_SIZE }
  const list = useQuery(EventList, { variables: asked, fetchPolicy: useSeedPolicy(EventList, asked) })
  const page = (list.data ?? list.previousData)?.events
  const { live, problem, clear } = useEventFeed({ list, filter })
  const pages = usePages(list, page, async (last) => {
    const older = { ...filter, until: justAfter(readFragment(EventRow, last).receivedAt) }
    const behind = await pageBehind(last.id, async (after) => {
      const variables = { filter: older, first: LARGEST_PAGE, after }
      const { data } = await client.query({ query: EventList, variables, fetchPolicy: 'no-cache' })
      if (!data) throw new Error('The API answered without a page.')
      return data.events
    })
    list.updateQuery((_unsafe, { complete, previousData }) =>
      complete ? { ...previousData, events: append(previousData.events, behind) } : undefined,
    )
  })
  const refresh = () => {
    clear()
    pages.refresh()
  }
  useReportList({
    mode: 'live',
    paused: live.paused,
    heldBy: live.heldBy,
    waiting: live.waiting,
    stopped: problem !== null || pages.problem !== null,
    loadedAt: pages.loadedAt,
    setPaused: live.setPaused,
    refresh,
    refreshing: pages.refreshing,
  })
  const history = useEventHistory(filter)
  const filters = useFilters()
  const filtered = hasFilter || params.since !== null
  const unfilter = () => show({ window: 'all' })
  return (
    <ListPage<Row>
      title="Events"
      list={{
        ...pages,
        rows: pages.rows && readFragment(EventRow, pages.rows),
        refresh,
        onPoint: live.onPoint,
        marks: live.marks,
        waiting: { count: live.paused ? 0 : live.waiting, show: live.show, top: live.top },
      }}
      {...{ columns: COLUMNS, idOf, nameOf }}
      views={<SavedViews views={VIEWS} current={currentView(bar.values, params)} onShow={show} />}
      actions={
        <Button size="xs" variant="default" onClick={onTail} title="Live tail (Shift L)">
          Live tail
        </Button>
      }
      problem={problem && <ProblemNotice problem={problem} />}
      empty={{
        title: nothingFound(params, tenantId),
        text: filtered ? undefined : 'Services publish events with publishEvent or as CloudEvents over HTTP.',
        actions: (filtered || params.window !== 'all') && (
          <Button size="xs" variant="default" onClick={unfilter}>
            Clear filters
          </Button>
        ),
      }}
      pane={(id, close) => <EventPane id={id} onClose={close} />}
    >
      <ChartBars
        label="Events over time"
        buckets={history.timeline}
        height={40}
        outdated={history.outdated}
        series={[
          { name: 'errors', color: 'var(--chart-dead)', accessor: ({ errors }) => errors },
          { name: 'others', color: 'var(--chart-arrived)', accessor: ({ count, errors }) => count - errors },
        ]}
        onBrush={(since, until) => void setParams({ since, until })}
        onClear={params.since ? () => void setParams({ since: null, until: null }) : undefined}
      />
      <SeverityButtons
        value={params.severity}
        counts={history.severities}
        onChange={(severities) => setFilter('severity', severities)}
      />
      <FilterBar
        what="events"
        filters={filters}
        {...bar}
        searchHint="Type, source, subject, payload or an id"
        onId={(id) => void setParams({ open: id, window: 'all' })}
        onClear={filtered ? unfilter : undefined}
      />
    </ListPage>
  )
}

const VIEWS: readonly View[] = [
  { name: 'Critical', params: { severity: 'critical', window: '24h' } },
  { name: 'Errors', params: { severity: 'error,critical', window: '24h' } },
]

const POLL_MS = 15_000

/** The histogram and the counts per severity. They lag behind the feed. */
function useEventHistory(filter: ReturnType<typeof eventFilter>) {
  const variables = useMemo(() => ({ filter, all: { ...filter, severities: null }, buckets: 60 }), [filter])
  const { data, previousData } = useQuery(EventHistory, {
    variables,
    fetchPolicy: useSeedPolicy(EventHistory, variables),
    pollInterval: POLL_MS,
  })
  const shown = data ?? previousData
  return {
    timeline: shown?.eventStats.timeline ?? [],
    severities: shown?.severities.bySeverity ?? null,
    outdated: data === undefined,
  }
}

function useFilters(): readonly FilterDefinition[] {
  const { data } = useQuery(EventTypeNames, { fetchPolicy: 'cache-first', errorPolicy: 'ignore' })
  return useMemo(
    () => [
      {
        key: 'severity',
        label: 'Severity',
        multiple: true,
        options: Object.entries(SEVERITIES).map(([name, { label }]) => ({ value: name.toLowerCase(), label })),
      },
      {
        key: 'type',
        label: 'Event type',
        free: true,
        multiple: true,
        options: data?.eventTypes.map(({ name }) => ({ value: name, label: name })) ?? [],
      },
      { key: 'source', label: 'Source', free: true, multiple: true },
      { key: 'correlation', label: 'Correlation id', free: true },
    ],
    [data],
  )
}

type Params = ReturnType<typeof useListParams<(typeof EVENT_KEYS)[number]>>['params']

/** "No critical events for tenant-1 in the last hour matching “x”." */
function nothingFound(params: Params, tenantId: string | null): string {
  const severities = params.severity.map((one) => ` ${one}`).join(' or')
  const types = params.type.length > 0 ? ` of type ${params.type.join(' or ')}` : ''
  const tenant = tenantId ? ` for ${tenantId}` : ''
  const time = params.since || params.until ? 'in this range' : WINDOWS[params.window].phrase
  return `No${severities} events${types}${tenant} ${time}${params.q ? ` matching “${params.q}”` : ''}.`
}
