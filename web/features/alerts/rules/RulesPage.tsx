'use client'

import { Button } from '@mantine/core'
import Link from 'next/link'
import { lazy, Suspense, useMemo } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { SeverityBadge } from '@/features/events/severity.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import { type RuleRowFragment, readFragment } from '@/lib/graphql.ts'
import { useList } from '@/lib/lists/use-list.ts'
import { useListParams } from '@/lib/lists/use-list-params.ts'
import { type Seed, useSeeds } from '@/lib/seeds.tsx'
import { useKeptPath } from '@/lib/url.ts'
import { PaneLoading } from '@/ui/lists/DetailPane.tsx'
import { FilterBar } from '@/ui/lists/FilterBar.tsx'
import type { FilterDefinition } from '@/ui/lists/filter-suggestions.ts'
import { ListPage } from '@/ui/lists/ListPage.tsx'
import type { Column } from '@/ui/lists/Table.tsx'
import { AlertViews } from '../AlertViews.tsx'
import { OutcomeBadge } from '../status.tsx'
import { conditionsText, thresholdText } from '../words.ts'
import { EvaluateRules, EvaluationItem, RuleConditions, RuleList, RuleRow } from './documents.ts'
import { RULE_KEYS, ruleFilter } from './params.ts'
import { RuleSwitch } from './RuleSwitch.tsx'

type Row = RuleRowFragment

const RulePane = lazy(() => import('./RulePane.tsx'))

const COLUMNS: readonly Column<Row>[] = [
  { key: 'on', header: 'On', width: 64, phone: 'action', cell: (rule) => <RuleSwitch rule={rule} /> },
  { key: 'name', header: 'Name', grow: 1.2, phone: 'title', cell: ({ name }) => <span title={name}>{name}</span> },
  {
    key: 'last',
    header: 'Last evaluation',
    width: 150,
    phone: 'lead',
    cell: ({ lastEvaluation }) => {
      const last = readFragment(EvaluationItem, lastEvaluation)
      return last ? (
        <span title={last.explanation}>
          <OutcomeBadge outcome={last.outcome} />
        </span>
      ) : (
        'none yet'
      )
    },
  },
  {
    key: 'counts',
    header: 'Counts',
    grow: 1.4,
    phone: 'sub',
    cell: (row) => {
      const text = conditionsText(readFragment(RuleConditions, row))
      return <span title={text}>{text}</span>
    },
  },
  {
    key: 'threshold',
    header: 'Fires from',
    width: 120,
    from: 600,
    cell: (row) => {
      const { threshold, windowSeconds } = readFragment(RuleConditions, row)
      return thresholdText(threshold, windowSeconds)
    },
  },
  {
    key: 'groups',
    header: 'For each',
    width: 130,
    from: 1050,
    cell: (row) => {
      const fields = readFragment(RuleConditions, row).groupBy.join(', ')
      return <span title={fields}>{fields}</span>
    },
  },
  {
    key: 'severity',
    header: 'Severity',
    width: 100,
    from: 750,
    cell: ({ severity }) => <SeverityBadge severity={severity} />,
  },
  {
    key: 'webhooks',
    header: 'Notifies',
    from: 1200,
    cell: ({ webhooks }) => {
      const names =
        webhooks.map(({ id, name, deletedAt }) => (deletedAt ? `deleted webhook ${id}` : name)).join(', ') ||
        'all that subscribe to ops.alert.*'
      return <span title={names}>{names}</span>
    },
  },
  { key: 'tenant', header: 'Tenant', width: 116, from: 900, cell: ({ tenantId }) => tenantId ?? 'all' },
]

const FILTERS: readonly FilterDefinition[] = [
  {
    key: 'is',
    label: 'State',
    options: [
      { value: 'on', label: 'On' },
      { value: 'off', label: 'Off' },
    ],
  },
]

const idOf = ({ id }: Row) => id
const nameOf = ({ name }: Row) => name

/** The alert rules, each with the result of its last evaluation. */
export function RulesPage({ seeds }: { seeds?: readonly Seed[] }) {
  useSeeds(seeds, [RuleList])
  const viewer = useViewer()
  const pathTo = useKeptPath()
  const { params, setParams, show, filtered, bar } = useListParams(RULE_KEYS)
  const tenantId = useTenantFilter()
  const filter = useMemo(() => ruleFilter(params, tenantId), [params, tenantId])
  const list = useList(RuleList, { filter }, { field: 'alertRules' })
  const rows = useMemo(() => list.rows && readFragment(RuleRow, list.rows), [list.rows])
  const evaluate = useAction(EvaluateRules, {
    failed: 'Not evaluated',
    done: ({ evaluateAlertRules: { evaluated, raised, resolved } }) =>
      `${evaluated} evaluated: ${raised} raised, ${resolved} resolved.`,
    refetch: ['RuleList', 'RuleDetails', 'AlertList', 'FiringAlerts'],
  })
  const may = hasRole(viewer, 'OPERATOR')
  const create = may && (
    <Button component={Link} href={pathTo('/alerts/rules/new')} prefetch={false} size="xs">
      New rule
    </Button>
  )
  return (
    <ListPage<Row>
      title="Alert rules"
      list={{ ...list, rows }}
      columns={COLUMNS}
      {...{ idOf, nameOf }}
      views={<AlertViews current="rules" />}
      actions={
        may && (
          <>
            <Button size="xs" variant="default" onClick={() => void evaluate.run({})} loading={evaluate.busy}>
              Evaluate now
            </Button>
            {create}
          </>
        )
      }
      empty={
        filtered
          ? {
              title: 'No rule matches.',
              actions: (
                <Button size="xs" variant="default" onClick={() => show({})}>
                  Clear filters
                </Button>
              ),
            }
          : {
              title: 'There is no alert rule yet.',
              text: may
                ? 'A rule counts events and raises an alert when enough of them come within a time. A template makes one with a click.'
                : 'Ask an operator to create one.',
              actions: may && (
                <>
                  <Button component={Link} href={pathTo('/alerts/templates')} prefetch={false} size="xs">
                    Choose a template
                  </Button>
                  {create}
                </>
              ),
            }
      }
      pane={(id, close) => (
        <Suspense fallback={<PaneLoading kind="Alert rule" id={id} onClose={close} />}>
          <RulePane id={id} onClose={close} />
        </Suspense>
      )}
    >
      <FilterBar
        what="alert rules"
        filters={FILTERS}
        {...bar}
        searchHint="is: or part of a name, description, event type or source"
        onId={(id) => void setParams({ open: id })}
        onClear={filtered ? () => show({}) : undefined}
      />
    </ListPage>
  )
}
