'use client'

import { Button } from '@mantine/core'
import { type ReactNode, useMemo } from 'react'
import { percent } from '@/lib/format/numbers.ts'
import { duration } from '@/lib/format/time.ts'
import { readFragment, type ServiceItemFragment } from '@/lib/graphql.ts'
import { useListParams } from '@/lib/lists/use-list-params.ts'
import { usePolledQuery, wholeList } from '@/lib/lists/use-page-query.ts'
import { type Seed, useSeeds } from '@/lib/seeds.tsx'
import { HealthDot } from '@/ui/charts/HealthDot.tsx'
import { lazily } from '@/ui/Lazy.tsx'
import { FilterBar } from '@/ui/lists/FilterBar.tsx'
import type { FilterDefinition } from '@/ui/lists/filter-suggestions.ts'
import { ListPage } from '@/ui/lists/ListPage.tsx'
import type { Column } from '@/ui/lists/Table.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { PlatformHealthChanges, PlatformQuery, ServiceItem } from './documents.ts'
import { PlatformState } from './PlatformState.tsx'
import { HEALTH_ORDER, worstServicesFirst } from './worst-first.ts'

type Row = ServiceItemFragment

const DependencyGraph = lazily(() => import('./DependencyGraph.tsx'))
const ServicePane = lazily(() => import('./ServicePane.tsx'))

const KEYS = ['status', 'tag'] as const
const CHANGE_SIGNALS = [PlatformHealthChanges] as const

const rate = (value: number | null | undefined) => (value == null ? '–' : percent(value))

const COLUMNS: readonly Column<Row>[] = [
  { key: 'status', header: 'Status', width: 110, phone: 'lead', cell: ({ status }) => <HealthDot status={status} /> },
  { key: 'name', header: 'Service', phone: 'title', cell: ({ name }) => <span title={name}>{name}</span> },
  {
    key: 'since',
    header: 'Since',
    width: 170,
    phone: 'end',
    cell: ({ statusSince }) => <Time at={statusSince} />,
  },
  {
    key: 'latency',
    header: 'Latency',
    width: 84,
    from: 600,
    align: 'end',
    cell: ({ latencyMs }) => (latencyMs == null ? '–' : duration(latencyMs)),
  },
  { key: 'day', header: '24 h', width: 76, from: 600, align: 'end', cell: (row) => rate(row.availability24h) },
  { key: 'month', header: '30 d', width: 76, from: 750, align: 'end', cell: (row) => rate(row.availability30d) },
  {
    key: 'reach',
    header: 'Dependants',
    width: 92,
    from: 750,
    align: 'end',
    cell: ({ dependants }) => dependants.length || '–',
  },
  { key: 'healed', header: 'Auto-heal', width: 88, from: 900, cell: ({ monitored }) => (monitored ? 'watched' : '–') },
  {
    key: 'error',
    header: 'Last error',
    grow: 1.4,
    from: 900,
    phone: 'sub',
    cell: ({ lastError }) => lastError && <span title={lastError}>{lastError}</span>,
  },
  { key: 'owner', header: 'Owner', width: 110, from: 1200, cell: ({ owner }) => owner },
  { key: 'version', header: 'Version', width: 90, from: 1200, cell: ({ version }) => version },
]

const idOf = ({ id }: Row) => id
const nameOf = ({ name }: Row) => name

interface ServicesListProps {
  seeds?: readonly Seed[]
  views: ReactNode
  asGraph: boolean
}

/** Registered services, worst first, or as a graph of their dependencies. */
export function ServicesList({ seeds, views, asGraph }: ServicesListProps) {
  useSeeds(seeds, [PlatformQuery])
  const { params, show, filtered, bar } = useListParams(KEYS)
  const query = usePolledQuery(PlatformQuery, {}, { signals: CHANGE_SIGNALS })
  const platform = query.data?.platformHealth
  const all = useMemo(
    () => (platform ? worstServicesFirst(readFragment(ServiceItem, platform.services)) : null),
    [platform],
  )
  const rows = useMemo(() => all?.filter((service) => meets(service, params)) ?? null, [all, params])
  const filters = useMemo<readonly FilterDefinition[]>(
    () => [
      {
        key: 'status',
        label: 'Status',
        multiple: true,
        options: HEALTH_ORDER.map((status) => ({ value: status.toLowerCase(), label: status.toLowerCase() })),
      },
      {
        key: 'tag',
        label: 'Tag',
        options: [...new Set(all?.flatMap(({ tags }) => tags))].sort().map((tag) => ({ value: tag, label: tag })),
      },
    ],
    [all],
  )
  const clear = () => show({})
  return (
    <ListPage<Row>
      title="Services"
      list={wholeList(rows, query)}
      columns={COLUMNS}
      idOf={idOf}
      nameOf={nameOf}
      views={views}
      empty={{
        title: filtered ? 'No service matches.' : 'No service is registered.',
        text: filtered ? undefined : (
          <>
            A service registers itself with the mutation <code>registerService</code> and is watched from then on.
          </>
        ),
        actions: filtered && (
          <Button size="xs" variant="default" onClick={clear}>
            Clear filters
          </Button>
        ),
      }}
      grouped={asGraph && rows && rows.length > 0 ? <DependencyGraph services={rows} /> : undefined}
      pane={(id, close) => (
        <ServicePane id={id} service={all?.find((one) => one.id === id)} services={all ?? []} onClose={close} />
      )}
    >
      {platform && all && <PlatformState services={all} components={platform.components} />}
      <FilterBar
        what="services"
        filters={filters}
        {...bar}
        searchHint="status: tag: or part of a name, a URL or an owner"
        onClear={filtered ? clear : undefined}
      />
    </ListPage>
  )
}

function meets(
  service: Row,
  { status, tag, q }: { status: readonly string[]; tag: readonly string[]; q: string },
): boolean {
  const needle = q.toLowerCase()
  return (
    (status.length === 0 || status.includes(service.status.toLowerCase())) &&
    tag.every((one) => service.tags.includes(one)) &&
    [service.name, service.url, service.owner ?? ''].some((text) => text.toLowerCase().includes(needle))
  )
}
