'use client'

import { Button } from '@mantine/core'
import { useCallback, useMemo, useState } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { type LeadRowFragment, readFragment } from '@/lib/graphql.ts'
import { currentView } from '@/lib/lists/list-params.ts'
import { useList } from '@/lib/lists/use-list.ts'
import { useListParams } from '@/lib/lists/use-list-params.ts'
import { type Seed, useSeeds } from '@/lib/seeds.tsx'
import { lazily } from '@/ui/Lazy.tsx'
import { FilterBar } from '@/ui/lists/FilterBar.tsx'
import type { FilterDefinition } from '@/ui/lists/filter-suggestions.ts'
import { ListPage } from '@/ui/lists/ListPage.tsx'
import { SavedViews, type View } from '@/ui/lists/SavedViews.tsx'
import type { Column } from '@/ui/lists/Table.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { LeadList, LeadRow } from './documents.ts'
import { LEAD_KEYS, leadFilter } from './params.ts'
import { LeadStatusBadge, STATUS_ORDER, STATUSES } from './states.tsx'

type Row = LeadRowFragment

const LeadPane = lazily(() => import('./LeadPane.tsx'))
const LeadForm = lazily(() => import('./LeadForm.tsx'))
const PasteText = lazily(() => import('./PasteText.tsx'))

const COLUMNS: readonly Column<Row>[] = [
  {
    key: 'status',
    header: 'Status',
    width: 116,
    phone: 'lead',
    cell: ({ status }) => <LeadStatusBadge status={status} />,
  },
  { key: 'name', header: 'Name', phone: 'title', cell: ({ name }) => <span title={name}>{name}</span> },
  { key: 'company', header: 'Company', phone: 'sub', cell: ({ company }) => company },
  { key: 'email', header: 'Mail', grow: 1.2, from: 600, cell: ({ email }) => <span title={email ?? ''}>{email}</span> },
  { key: 'phone', header: 'Telephone', width: 140, from: 750, cell: ({ phone }) => phone },
  { key: 'source', header: 'Source', width: 132, from: 900, cell: ({ source }) => source },
  { key: 'tenant', header: 'Tenant', width: 116, from: 1050, cell: ({ tenantId }) => tenantId },
  { key: 'created', header: 'Created', width: 170, phone: 'end', cell: ({ createdAt }) => <Time at={createdAt} /> },
]

const FILTERS: readonly FilterDefinition[] = [
  {
    key: 'status',
    label: 'Status',
    multiple: true,
    options: STATUS_ORDER.map((status) => ({ value: status.toLowerCase(), label: STATUSES[status].label })),
  },
  { key: 'source', label: 'Source', free: true, multiple: true },
]

const VIEWS: readonly View[] = [
  { name: 'New', params: { status: 'new' } },
  { name: 'In progress', params: { status: 'contacted,qualified' } },
]

const idOf = ({ id }: Row) => id
const nameOf = ({ name }: Row) => name

/** The list of leads: possible customers. */
export function LeadsPage({ seeds }: { seeds?: readonly Seed[] }) {
  useSeeds(seeds, [LeadList])
  const viewer = useViewer()
  const { params, setParams, show, filtered, bar } = useListParams(LEAD_KEYS)
  const tenantId = useTenantFilter()
  const filter = useMemo(() => leadFilter(params, tenantId), [params, tenantId])
  const list = useList(LeadList, { filter }, { field: 'leads' })
  const rows = useMemo(() => list.rows && readFragment(LeadRow, list.rows), [list.rows])
  const [adding, setAdding] = useState<'form' | 'text' | null>(null)
  const open = useCallback((id: string) => void setParams({ open: id }), [setParams])
  const may = hasRole(viewer, 'AGENT')
  // Leads have no time window.
  const { window: _window, ...current } = currentView(bar.values, params)
  return (
    <>
      <ListPage<Row>
        title="Leads"
        list={{ ...list, rows }}
        columns={COLUMNS}
        idOf={idOf}
        nameOf={nameOf}
        views={<SavedViews views={VIEWS} current={current} onShow={show} />}
        actions={
          may && (
            <>
              <Button size="xs" onClick={() => setAdding('text')}>
                Paste text
              </Button>
              <Button size="xs" variant="default" onClick={() => setAdding('form')}>
                New lead
              </Button>
            </>
          )
        }
        empty={{
          title: filtered ? 'No lead matches.' : 'There is no lead yet.',
          text: filtered ? undefined : 'Paste a mail or a note to extract its contact details.',
          actions: filtered && (
            <Button size="xs" variant="default" onClick={() => show({})}>
              Clear filters
            </Button>
          ),
        }}
        pane={(id, close) => <LeadPane id={id} onClose={close} />}
      >
        <FilterBar
          what="leads"
          filters={FILTERS}
          {...bar}
          searchHint="status: source: or part of a name, mail, telephone, company or notes"
          onId={(id) => (id.startsWith('lead_') ? open(id) : undefined)}
          onClear={filtered ? () => show({}) : undefined}
        />
      </ListPage>
      {adding === 'form' && <LeadForm lead={null} onSaved={open} onClose={() => setAdding(null)} />}
      {adding === 'text' && <PasteText onSaved={open} onClose={() => setAdding(null)} />}
    </>
  )
}
