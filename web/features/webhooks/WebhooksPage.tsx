'use client'

import { Button } from '@mantine/core'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useCallback, useMemo } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { percent } from '@/lib/format/numbers.ts'
import { duration } from '@/lib/format/time.ts'
import { readFragment, type WebhookRowFragment, type WebhookState } from '@/lib/graphql.ts'
import { useList } from '@/lib/lists/use-list.ts'
import { useListParams } from '@/lib/lists/use-list-params.ts'
import { WINDOWS } from '@/lib/lists/windows.ts'
import { type Seed, useSeeds } from '@/lib/seeds.tsx'
import { useKeptPath } from '@/lib/url.ts'
import { HealthDot } from '@/ui/charts/HealthDot.tsx'
import { FilterBar } from '@/ui/lists/FilterBar.tsx'
import type { FilterDefinition } from '@/ui/lists/filter-suggestions.ts'
import { ListPage } from '@/ui/lists/ListPage.tsx'
import type { Column } from '@/ui/lists/Table.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { TopFailing as TopFailingQuery, WebhookList, WebhookRow } from './documents.ts'
import { Circuit } from './health/Circuit.tsx'
import { TopFailing } from './health/TopFailing.tsx'
import { Spark } from './health/WebhookHealthList.tsx'
import { worstFirst } from './health/worst-first.ts'
import { WEBHOOK_KEYS, webhookFilter } from './params.ts'

type Row = WebhookRowFragment

const number = new Intl.NumberFormat('en')

const COLUMNS: readonly Column<Row>[] = [
  {
    key: 'health',
    header: 'Health',
    width: 110,
    phone: 'lead',
    cell: ({ health }) => <HealthDot status={health.status} />,
  },
  { key: 'name', header: 'Name', grow: 1.2, phone: 'title', cell: ({ name }) => <span title={name}>{name}</span> },
  { key: 'circuit', header: 'Sending', width: 200, from: 750, phone: 'sub', cell: (row) => <Circuit {...row} /> },
  { key: 'spark', header: 'Attempts', width: 112, from: 600, cell: (row) => <Spark webhook={row} /> },
  {
    key: 'rate',
    header: 'Success',
    width: 72,
    phone: 'end',
    align: 'end',
    unit: 'success',
    cell: ({ health }) => (health.successRate == null ? '–' : percent(health.successRate)),
  },
  {
    key: 'p95',
    header: 'p95',
    width: 76,
    from: 900,
    align: 'end',
    cell: ({ health }) => (health.latencyP95Ms == null ? '–' : duration(health.latencyP95Ms)),
  },
  {
    key: 'backlog',
    header: 'Backlog',
    width: 76,
    from: 600,
    align: 'end',
    cell: ({ backlog }) => number.format(backlog),
  },
  {
    key: 'since',
    header: 'Failing since',
    width: 182,
    from: 1050,
    cell: ({ failingSince }) => failingSince && <Time at={failingSince} />,
  },
  { key: 'url', header: 'URL', from: 1050, cell: ({ url }) => <span title={url}>{url}</span> },
  { key: 'tenant', header: 'Tenant', width: 116, from: 1200, cell: ({ tenantId }) => tenantId ?? 'installation' },
]

const STATES: Record<WebhookState, string> = { ENABLED: 'Enabled', PAUSED: 'Paused', DISABLED: 'Disabled' }

const FILTERS: readonly FilterDefinition[] = [
  {
    key: 'state',
    label: 'State',
    multiple: true,
    options: Object.entries(STATES).map(([value, label]) => ({ value: value.toLowerCase(), label })),
  },
  {
    key: 'kind',
    label: 'Format',
    multiple: true,
    options: ['standard', 'slack', 'teams', 'discord'].map((value) => ({
      value,
      label: value.charAt(0).toUpperCase() + value.slice(1),
    })),
  },
  { key: 'takes', label: 'Subscribes to event type', free: true },
]

const idOf = ({ id }: Row) => id
const nameOf = ({ name }: Row) => name

/** Every webhook with its health in the window, worst first. */
export function WebhooksPage({ seeds }: { seeds?: readonly Seed[] }) {
  useSeeds(seeds, [WebhookList, TopFailingQuery])
  const router = useRouter()
  const viewer = useViewer()
  const pathTo = useKeptPath()
  const { params, show, filtered, bar } = useListParams(WEBHOOK_KEYS)
  const tenantId = useTenantFilter()
  const filter = useMemo(() => webhookFilter(params, tenantId), [params, tenantId])
  const list = useList(WebhookList, { filter, window: WINDOWS[params.window].value }, { field: 'webhooks' })
  const rows = useMemo(() => list.rows && worstFirst(readFragment(WebhookRow, list.rows)), [list.rows])
  const pageOf = useCallback(({ id }: Row) => pathTo(`/webhooks/${id}`), [pathTo])
  const may = hasRole(viewer, 'OPERATOR')
  const create = may && (
    <Button component={Link} href={pathTo('/webhooks/new')} size="xs">
      New webhook
    </Button>
  )
  return (
    <ListPage<Row>
      title="Webhooks"
      list={{ ...list, rows }}
      {...{ columns: COLUMNS, idOf, nameOf, pageOf }}
      onOpenPage={(row) => router.push(pageOf(row))}
      actions={create}
      empty={
        filtered
          ? {
              title: 'No webhook matches.',
              actions: (
                <Button size="xs" variant="default" onClick={() => show({ window: params.window })}>
                  Clear filters
                </Button>
              ),
            }
          : {
              title: 'There is no webhook yet.',
              text: may
                ? 'A webhook is an address that receives events: signed, with retries and dead letters.'
                : 'Ask an operator to create one.',
              actions: create,
            }
      }
    >
      {!filtered && <TopFailing tenantId={tenantId} window={params.window} />}
      <FilterBar
        what="webhooks"
        filters={FILTERS}
        {...bar}
        searchHint="state: kind: takes: or part of a name or URL"
        onId={(id) => router.push(pathTo(`/webhooks/${id}`))}
        onClear={filtered ? () => show({ window: params.window }) : undefined}
      />
    </ListPage>
  )
}
