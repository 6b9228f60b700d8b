'use client'

import { Button } from '@mantine/core'
import { useMemo, useState } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { useNow } from '@/lib/clock.ts'
import { readFragment, type SilenceRowFragment } from '@/lib/graphql.ts'
import { useList } from '@/lib/lists/use-list.ts'
import { useListParams } from '@/lib/lists/use-list-params.ts'
import { type Seed, useSeeds } from '@/lib/seeds.tsx'
import { lazily } from '@/ui/Lazy.tsx'
import { ListPage } from '@/ui/lists/ListPage.tsx'
import type { Column } from '@/ui/lists/Table.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { AlertViews } from '../AlertViews.tsx'
import { AlertChanges } from '../documents.ts'
import { useRuleNames } from '../use-rule-names.ts'
import { actorText } from '../words.ts'
import { SilenceList, SilenceRow } from './documents.ts'
import { matchersText, readMatchers } from './matchers.ts'
import { SILENCE_KEYS, silenceFilter } from './params.ts'
import { SilencePane } from './SilencePane.tsx'
import classes from './Silences.module.css'
import { SilenceBadge, silenceState } from './state.tsx'
import { useExpire } from './use-expire.ts'

type Row = SilenceRowFragment

const SilenceForm = lazily(() => import('./SilenceForm.tsx'))

const number = new Intl.NumberFormat('en')
const idOf = ({ id }: Row) => id
const nameOf = ({ reason }: Row) => reason

const SHOWN = [
  { value: null, label: 'Active' },
  { value: 'ended', label: 'Ended' },
  { value: 'all', label: 'All' },
] as const

function State({ row }: { row: Row }) {
  const now = useNow()
  return <SilenceBadge state={silenceState(row, now)} />
}

function EndButton({ row }: { row: Row }) {
  const now = useNow()
  const expire = useExpire()
  if (silenceState(row, now) === 'ended') return null
  return (
    <Button
      size="compact-xs"
      variant="default"
      loading={expire.busy}
      aria-label={`End ${row.reason}`}
      onClick={() => void expire.run({ id: row.id })}
    >
      End…
    </Button>
  )
}

/** `ruleName` returns the name of a rule by its id. */
const columnsFor = (ruleName: (id: string) => string | undefined, may: boolean): readonly Column<Row>[] => [
  { key: 'state', header: 'State', width: 100, phone: 'lead', cell: (row) => <State row={row} /> },
  {
    key: 'matches',
    header: 'Matches',
    grow: 1.6,
    phone: 'title',
    cell: ({ matchers }) => {
      const text = matchersText(readMatchers(matchers), ruleName)
      return <span title={text}>{text}</span>
    },
  },
  {
    key: 'reason',
    header: 'Reason',
    phone: 'sub',
    cell: ({ reason }) => reason && <span title={reason}>{reason}</span>,
  },
  {
    key: 'open',
    header: 'Open alerts',
    width: 92,
    from: 750,
    align: 'end',
    cell: ({ matching }) => number.format(matching),
  },
  {
    key: 'held',
    header: 'Held back',
    width: 96,
    from: 600,
    align: 'end',
    cell: ({ heldBack }) => <span title="Notifications that it has suppressed">{number.format(heldBack)}</span>,
  },
  { key: 'by', header: 'By', width: 130, from: 900, cell: ({ createdBy }) => actorText(createdBy) },
  {
    key: 'tenant',
    header: 'Tenant',
    width: 116,
    from: 1050,
    cell: ({ tenantId }) => tenantId ?? 'all',
  },
  { key: 'ends', header: 'Ends', width: 170, phone: 'end', cell: ({ endsAt }) => <Time at={endsAt} /> },
  ...(may
    ? [
        {
          key: 'end',
          header: 'Actions',
          width: 76,
          phone: 'action' as const,
          align: 'end' as const,
          cell: (row: Row) => <EndButton row={row} />,
        },
      ]
    : []),
]

/** The silences, each with its end and the number of notifications that it suppressed. */
export function SilencesPage({ seeds }: { seeds?: readonly Seed[] }) {
  useSeeds(seeds, [SilenceList])
  const viewer = useViewer()
  const { params, setFilter } = useListParams(SILENCE_KEYS)
  const tenantId = useTenantFilter()
  const filter = useMemo(() => silenceFilter(params, tenantId), [params, tenantId])
  const list = useList(
    SilenceList,
    { filter },
    { field: 'silences', signal: { document: AlertChanges, variables: { tenantId } } },
  )
  const rows = useMemo(() => list.rows && readFragment(SilenceRow, list.rows), [list.rows])
  const [adding, setAdding] = useState(false)
  const ruleName = useRuleName(tenantId)
  const may = hasRole(viewer, 'OPERATOR')
  const columns = useMemo(() => columnsFor(ruleName, may), [ruleName, may])
  const shown = params.is[0] ?? null
  const create = may && (
    <Button size="xs" onClick={() => setAdding(true)}>
      New silence
    </Button>
  )
  return (
    <>
      <ListPage<Row>
        title="Silences"
        list={{ ...list, rows }}
        {...{ columns, idOf, nameOf }}
        isLeaving={list.isLeaving}
        views={<AlertViews current="silences" />}
        actions={create}
        empty={
          shown === null
            ? {
                title: 'No alert is silenced.',
                text: 'A silence suppresses the notifications of the alerts that it matches, until it ends.',
                actions: create,
              }
            : { title: shown === 'ended' ? 'No silence has ended.' : 'There has been no silence.' }
        }
        pane={(id, close) => (
          <SilencePane id={id} row={rows?.find((row) => row.id === id)} ruleName={ruleName} onClose={close} />
        )}
      >
        <div role="radiogroup" aria-label="Shown silences" className={classes.shown}>
          {SHOWN.map(({ value, label }) => (
            <label key={label} data-checked={value === shown || undefined}>
              <input
                type="radio"
                name="shown"
                checked={value === shown}
                onChange={() => setFilter('is', value === null ? [] : [value])}
              />
              {label}
            </label>
          ))}
        </div>
      </ListPage>
      {adding && <SilenceForm initial={{ matchers: {}, tenantId }} onClose={() => setAdding(false)} />}
    </>
  )
}

/** The names of rules by their ids. */
function useRuleName(tenantId: string | null): (id: string) => string | undefined {
  const rules = useRuleNames(tenantId)
  return useMemo(() => {
    const names = new Map(rules?.map(({ id, name }) => [id, name]))
    return (id) => names.get(id)
  }, [rules])
}
