'use client'

import { useQuery } from '@apollo/client/react'
import { type ReactNode, useMemo } from 'react'
import { span } from '@/lib/format/time.ts'
import { type PruneRunRowFragment, readFragment } from '@/lib/graphql.ts'
import { useList } from '@/lib/lists/use-list.ts'
import { makeProblem, problemOf } from '@/lib/request-error.ts'
import { DetailPane } from '@/ui/lists/DetailPane.tsx'
import { ListPage } from '@/ui/lists/ListPage.tsx'
import type { Column } from '@/ui/lists/Table.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Badge } from '@/ui/values/Badge.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { PruneRunDetails, PruneRunList, PruneRunRow, PruneRunScopes } from './documents.ts'
import { ScopeTable } from './ScopeTable.tsx'
import { actorText } from './words.ts'

type Row = PruneRunRowFragment

const POLL_MS = 15_000
const number = new Intl.NumberFormat('en')

const scopesOf = (run: Row) => [...run.scopes, ...run.otherScopes]

function RunState({ run }: { run: Row }) {
  if (!run.finishedAt)
    return (
      <Badge tone="waiting" glyph="○">
        Under way
      </Badge>
    )
  if (scopesOf(run).some(({ error }) => error))
    return (
      <Badge tone="dead" glyph="✕">
        Kept some
      </Badge>
    )
  return run.dryRun ? (
    <Badge tone="cancelled" glyph="○" plain>
      Dry run
    </Badge>
  ) : (
    <Badge tone="arrived" glyph="●" plain>
      Done
    </Badge>
  )
}

const took = ({ startedAt, finishedAt }: Row) =>
  finishedAt ? span(Date.parse(finishedAt) - Date.parse(startedAt)) : null

const COLUMNS: readonly Column<Row>[] = [
  { key: 'state', header: 'State', width: 112, phone: 'lead', cell: (run) => <RunState run={run} /> },
  { key: 'at', header: 'Started', width: 170, phone: 'title', cell: ({ startedAt }) => <Time at={startedAt} /> },
  {
    key: 'pruned',
    header: 'Events',
    width: 110,
    phone: 'end',
    align: 'end',
    unit: 'events',
    cell: ({ totalPruned }) => number.format(totalPruned),
  },
  {
    key: 'scopes',
    header: 'Scopes with deleted rows',
    phone: 'sub',
    cell: (run) =>
      scopesOf(run)
        .filter(({ prunedCount }) => prunedCount > 0)
        .map(({ scope, prunedCount }) => `${scope} ${number.format(prunedCount)}`)
        .join(', ') || 'no scope lost events',
  },
  { key: 'took', header: 'Took', width: 80, from: 600, align: 'end', cell: took },
  { key: 'by', header: 'Started by', width: 150, from: 750, cell: ({ startedBy }) => actorText(startedBy) },
]

const idOf = ({ id }: Row) => id
const nameOf = ({ startedAt }: Row) => `Run of ${startedAt}`

/** Prune runs, newest first, each with its results per scope. */
export default function RunsList({ views }: { views: ReactNode }) {
  const list = useList(PruneRunList, {}, { field: 'pruneRuns' })
  const rows = useMemo(() => list.rows && readFragment(PruneRunRow, list.rows), [list.rows])
  return (
    <ListPage<Row>
      title="Retention"
      list={{ ...list, rows }}
      columns={COLUMNS}
      idOf={idOf}
      nameOf={nameOf}
      views={views}
      empty={{
        title: 'There was no prune run yet.',
        text: 'By default, a worker starts one every hour.',
      }}
      pane={(id, close) => <RunPane id={id} onClose={close} />}
    />
  )
}

function RunPane({ id, onClose }: { id: string; onClose: () => void }) {
  const { data, error, loading } = useQuery(PruneRunDetails, { variables: { id }, pollInterval: POLL_MS })
  const node = data?.node?.__typename === 'PruneRun' ? data.node : null
  const run = readFragment(PruneRunRow, node)
  const problem = error ? problemOf(error) : makeProblem('NOT_FOUND', `There is no prune run ${id} that you may see.`)
  return (
    <DetailPane kind="Prune run" id={id} onClose={onClose}>
      {node && run ? (
        <>
          <Facts
            facts={[
              ['State', <RunState key="state" run={run} />],
              ['Started', <Time key="at" at={run.startedAt} />],
              ['Started by', actorText(run.startedBy)],
              ['Took', took(run)],
              [run.dryRun ? 'Would go' : 'Deleted events', number.format(run.totalPruned)],
            ]}
          />
          <ScopeTable run={readFragment(PruneRunScopes, node)} />
        </>
      ) : loading ? (
        <Placeholder rows={6} />
      ) : (
        <ProblemNotice problem={problem} />
      )}
    </DetailPane>
  )
}
