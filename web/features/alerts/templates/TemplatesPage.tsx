'use client'

import { Button } from '@mantine/core'
import { useMemo } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { SeverityBadge } from '@/features/events/severity.tsx'
import { readFragment, type TemplateItemFragment } from '@/lib/graphql.ts'
import { useListParams } from '@/lib/lists/use-list-params.ts'
import { usePolledQuery, wholeList } from '@/lib/lists/use-page-query.ts'
import { type Seed, useSeeds } from '@/lib/seeds.tsx'
import { FilterBar } from '@/ui/lists/FilterBar.tsx'
import type { FilterDefinition } from '@/ui/lists/filter-suggestions.ts'
import { ListPage } from '@/ui/lists/ListPage.tsx'
import type { Column } from '@/ui/lists/Table.tsx'
import { AlertViews } from '../AlertViews.tsx'
import { TemplateItem, TemplateList } from './documents.ts'
import { TemplatePane } from './TemplatePane.tsx'
import { firesFromText, ruleOf } from './template-rule.ts'
import { useMaterialize } from './use-materialize.ts'

type Row = TemplateItemFragment

const POLL_MS = 60_000
const KEYS = ['of'] as const

const ownerText = ({ isBuiltin, tenantId }: Row): string => (isBuiltin ? 'built in' : (tenantId ?? 'installation'))

function MaterializeButton({ template }: { template: Row }) {
  const { materialize, busy } = useMaterialize()
  return (
    <Button
      size="compact-xs"
      variant="default"
      loading={busy}
      aria-label={`Materialize ${template.name}`}
      title="Creates an enabled rule at once"
      onClick={() => void materialize(template)}
    >
      Materialize
    </Button>
  )
}

const COLUMNS: readonly Column<Row>[] = [
  {
    key: 'severity',
    header: 'Severity',
    width: 100,
    phone: 'lead',
    cell: ({ rule }) => <SeverityBadge severity={ruleOf(rule).severity} />,
  },
  { key: 'name', header: 'Name', phone: 'title', cell: ({ name }) => <span title={name}>{name}</span> },
  {
    key: 'about',
    header: 'Watches',
    grow: 2,
    phone: 'sub',
    cell: ({ description }) => description && <span title={description}>{description}</span>,
  },
  {
    key: 'rule',
    header: 'Fires from',
    width: 120,
    from: 750,
    cell: ({ rule }) => firesFromText(rule),
  },
  { key: 'owner', header: 'Owner', width: 116, from: 900, cell: ownerText },
]

const ACTIONS: Column<Row> = {
  key: 'actions',
  header: 'Actions',
  width: 110,
  phone: 'action',
  align: 'end',
  cell: (template) => <MaterializeButton template={template} />,
}

const FILTERS: readonly FilterDefinition[] = [
  {
    key: 'of',
    label: 'Owner',
    options: [
      { value: 'builtin', label: 'Built in' },
      { value: 'own', label: 'Own' },
    ],
  },
]

const idOf = ({ id }: Row) => id
const nameOf = ({ name }: Row) => name

/** Rule templates. One click creates a rule from a template. */
export function TemplatesPage({ seeds }: { seeds?: readonly Seed[] }) {
  useSeeds(seeds, [TemplateList])
  const viewer = useViewer()
  const tenantId = useTenantFilter()
  const { params, setParams, show, filtered, bar } = useListParams(KEYS)
  const query = usePolledQuery(TemplateList, { tenantId }, { pollMs: POLL_MS })
  const all = useMemo(() => readFragment(TemplateItem, query.data?.alertTemplates) ?? null, [query.data])
  const rows = useMemo(() => {
    const needle = params.q.toLowerCase()
    const owner = params.of[0]
    return (
      all?.filter(
        ({ name, description, slug, isBuiltin }) =>
          (owner === undefined || isBuiltin === (owner === 'builtin')) &&
          [name, description, slug].some((one) => one.toLowerCase().includes(needle)),
      ) ?? null
    )
  }, [all, params])
  const may = hasRole(viewer, 'OPERATOR')
  const columns = useMemo(() => (may ? [...COLUMNS, ACTIONS] : COLUMNS), [may])
  return (
    <ListPage<Row>
      title="Alert templates"
      list={wholeList(rows, query)}
      {...{ columns, idOf, nameOf }}
      views={<AlertViews current="templates" />}
      empty={{
        title: filtered ? 'No template matches.' : 'There are no templates.',
        actions: filtered && (
          <Button size="xs" variant="default" onClick={() => show({})}>
            Clear filters
          </Button>
        ),
      }}
      pane={(id, close) => <TemplatePane id={id} template={all?.find((one) => one.id === id)} onClose={close} />}
    >
      <FilterBar
        what="alert templates"
        filters={FILTERS}
        {...bar}
        searchHint="of: or part of a name or description"
        onId={(id) => void setParams({ open: id })}
        onClear={filtered ? () => show({}) : undefined}
      />
    </ListPage>
  )
}
