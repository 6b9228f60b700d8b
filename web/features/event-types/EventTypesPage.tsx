'use client'

import { Button } from '@mantine/core'
import { useMemo, useState } from 'react'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { SeverityBadge } from '@/features/events/severity.tsx'
import { type EventTypeItemFragment, readFragment } from '@/lib/graphql.ts'
import { useListParams } from '@/lib/lists/use-list-params.ts'
import { usePolledQuery, wholeList } from '@/lib/lists/use-page-query.ts'
import { type Seed, useSeeds } from '@/lib/seeds.tsx'
import { lazily } from '@/ui/Lazy.tsx'
import { FilterBar } from '@/ui/lists/FilterBar.tsx'
import type { FilterDefinition } from '@/ui/lists/filter-suggestions.ts'
import { ListPage } from '@/ui/lists/ListPage.tsx'
import type { Column } from '@/ui/lists/Table.tsx'
import { Badge } from '@/ui/values/Badge.tsx'
import { EventTypeItem, EventTypeList } from './documents.ts'
import { EventTypePane } from './EventTypePane.tsx'

type Row = EventTypeItemFragment

const TypeForm = lazily(() => import('./TypeForm.tsx'))

const POLL_MS = 60_000
const KEYS = ['is'] as const

export function TypeState({ type }: { type: Pick<Row, 'declared' | 'deprecated'> }) {
  if (type.deprecated)
    return (
      <Badge tone="cancelled" glyph="–">
        Deprecated
      </Badge>
    )
  return type.declared ? (
    <Badge tone="arrived" glyph="●" plain>
      Declared
    </Badge>
  ) : (
    <Badge tone="held" glyph="○">
      Undeclared
    </Badge>
  )
}

const COLUMNS: readonly Column<Row>[] = [
  { key: 'state', header: 'State', width: 112, phone: 'lead', cell: (type) => <TypeState type={type} /> },
  { key: 'name', header: 'Name', phone: 'title', cell: ({ name }) => <span title={name}>{name}</span> },
  {
    key: 'about',
    header: 'Description',
    grow: 2,
    phone: 'sub',
    cell: ({ description }) => description && <span title={description}>{description}</span>,
  },
  {
    key: 'severity',
    header: 'Default severity',
    width: 120,
    from: 600,
    cell: ({ defaultSeverity }) => <SeverityBadge severity={defaultSeverity} />,
  },
  { key: 'schema', header: 'Schema', width: 76, from: 750, cell: ({ schema }) => (schema == null ? '' : 'yes') },
  {
    key: 'tenants',
    header: 'Tenants see it',
    width: 110,
    from: 900,
    cell: ({ tenantVisible }) => (tenantVisible ? 'yes' : ''),
  },
  { key: 'version', header: 'Version', width: 72, from: 750, align: 'end', cell: ({ version }) => version || '' },
]

const FILTERS: readonly FilterDefinition[] = [
  {
    key: 'is',
    label: 'State',
    options: [
      { value: 'declared', label: 'Declared' },
      { value: 'undeclared', label: 'Undeclared' },
      { value: 'deprecated', label: 'Deprecated' },
    ],
  },
]

const MATCHES: Record<string, (type: Row) => boolean> = {
  declared: ({ declared, deprecated }) => declared && !deprecated,
  undeclared: ({ declared }) => !declared,
  deprecated: ({ deprecated }) => deprecated,
}

const idOf = ({ name }: Row) => name

/** The event types, each with its meaning, schema and example. */
export function EventTypesPage({ seeds }: { seeds?: readonly Seed[] }) {
  useSeeds(seeds, [EventTypeList])
  const viewer = useViewer()
  const { params, show, filtered, bar } = useListParams(KEYS)
  const query = usePolledQuery(EventTypeList, {}, { pollMs: POLL_MS })
  const [adding, setAdding] = useState(false)
  const all = readFragment(EventTypeItem, query.data?.eventTypes) ?? null
  const rows = useMemo(() => {
    const needle = params.q.toLowerCase()
    const wanted = MATCHES[params.is[0] ?? ''] ?? (() => true)
    return (
      all?.filter(
        (type) =>
          wanted(type) && (type.name.toLowerCase().includes(needle) || type.description.toLowerCase().includes(needle)),
      ) ?? null
    )
  }, [all, params])
  // Types are global, so only identities without a tenant may declare them.
  const may = hasRole(viewer, 'OPERATOR') && viewer.tenantId === null
  return (
    <>
      <ListPage<Row>
        title="Event types"
        list={wholeList(rows, query)}
        columns={COLUMNS}
        idOf={idOf}
        nameOf={idOf}
        actions={
          may && (
            <Button size="xs" onClick={() => setAdding(true)}>
              Declare a type
            </Button>
          )
        }
        empty={{
          title: filtered ? 'No type matches.' : 'There are no event types yet.',
          text: filtered ? undefined : 'A type appears here when an event of it is published, or when it is declared.',
          actions: filtered && (
            <Button size="xs" variant="default" onClick={() => show({})}>
              Clear filters
            </Button>
          ),
        }}
        pane={(name, close) => (
          <EventTypePane name={name} type={all?.find((type) => type.name === name)} onClose={close} />
        )}
      >
        <FilterBar
          what="event types"
          filters={FILTERS}
          {...bar}
          searchHint="is: or part of a name or description"
          onClear={filtered ? () => show({}) : undefined}
        />
      </ListPage>
      {adding && <TypeForm type={null} onClose={() => setAdding(false)} />}
    </>
  )
}
