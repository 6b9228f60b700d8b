'use client'

import { useQuery } from '@apollo/client/react'
import { Button } from '@mantine/core'
import Link from 'next/link'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { SeverityBadge } from '@/features/events/severity.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import { secondsText } from '@/lib/format/seconds-text.ts'
import { type RuleDetailsQuery, type RuleRowFragment, readFragment } from '@/lib/graphql.ts'
import { makeProblem, problemOf } from '@/lib/request-error.ts'
import { useKeptPath } from '@/lib/url.ts'
import { DetailPane } from '@/ui/lists/DetailPane.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { Time } from '@/ui/values/Time.tsx'
import classes from '../Alerts.module.css'
import { OutcomeBadge } from '../status.tsx'
import { useSaveTemplate } from '../templates/use-save-template.ts'
import { ALERT_QUERIES } from '../use-alert-actions.ts'
import { conditionsText, thresholdText } from '../words.ts'
import { DeleteRule, EvaluationItem, RuleConditions, RuleDetails, RuleRow } from './documents.ts'
import { EvaluationLog } from './EvaluationLog.tsx'
import { RuleSwitch } from './RuleSwitch.tsx'

type DetailedRule = Extract<RuleDetailsQuery['node'], { __typename: 'AlertRule' }>

/** The evaluation interval of rules, in milliseconds. */
const POLL_MS = 15_000

/** One rule: what it counts, whom it notifies, and why it did or did not notify. */
export default function RulePane({ id, onClose }: { id: string; onClose: () => void }) {
  const viewer = useViewer()
  const { data, error, loading, refetch } = useQuery(RuleDetails, { variables: { id }, pollInterval: POLL_MS })
  const rule = data?.node?.__typename === 'AlertRule' && data.node.id === id ? data.node : null
  const problem = error ? problemOf(error) : makeProblem('NOT_FOUND', `There is no alert rule ${id} that you may see.`)
  const retry = () => void refetch().catch(() => undefined)
  const may = hasRole(viewer, 'OPERATOR') && rule && !rule.deletedAt
  return (
    <DetailPane kind="Alert rule" id={id} onClose={onClose} footer={may && <Actions rule={rule} onGone={onClose} />}>
      {rule ? (
        <RuleBody rule={rule} open={data?.open.totalCount ?? 0} />
      ) : loading ? (
        <Placeholder rows={6} />
      ) : (
        <ProblemNotice problem={problem} onRetry={retry} retrying={loading} />
      )}
    </DetailPane>
  )
}

function Actions({ rule, onGone }: { rule: DetailedRule; onGone: () => void }) {
  const pathTo = useKeptPath()
  const { name } = readFragment(RuleRow, rule)
  const saveTemplate = useSaveTemplate()
  const remove = useAction(DeleteRule, {
    failed: 'Not deleted',
    confirm: () => ({
      title: `Delete ${name}?`,
      body: 'Its open alerts are resolved. Its past alerts stay.',
      confirm: 'Delete the rule',
      danger: true,
    }),
    done: () => `${name} is deleted.`,
    refetch: ['RuleList', ...ALERT_QUERIES],
  })
  return (
    <>
      <Button component={Link} href={pathTo(`/alerts/rules/${rule.id}`)} prefetch={false} size="xs">
        Edit
      </Button>
      <Button size="xs" variant="default" onClick={() => void saveTemplate(rule.id)}>
        Save as a template…
      </Button>
      <Button
        size="xs"
        variant="default"
        loading={remove.busy}
        onClick={async () => {
          if (await remove.run({ id: rule.id })) onGone()
        }}
      >
        Delete…
      </Button>
    </>
  )
}

function RuleBody({ rule, open }: { rule: DetailedRule; open: number }) {
  const pathTo = useKeptPath()
  const row = readFragment(RuleRow, rule)
  const conditions = readFragment(RuleConditions, row)
  const last = readFragment(EvaluationItem, row.lastEvaluation)
  return (
    <>
      <div className={classes.lead}>
        {rule.deletedAt ? <span>Deleted</span> : <RuleSwitch rule={row} />}
        <strong>{row.name}</strong>
        <SeverityBadge severity={row.severity} />
      </div>
      {rule.description && <p className={classes.reason}>{rule.description}</p>}
      <section aria-label="Last evaluation" className={classes.part}>
        <h3>Last evaluation</h3>
        {last ? (
          <>
            <div className={classes.lead}>
              <OutcomeBadge outcome={last.outcome} />
              <Time at={last.at} />
            </div>
            <p className={classes.reason}>{last.explanation}</p>
          </>
        ) : (
          <p className={classes.none}>None yet: rules that are on are evaluated every 15 s.</p>
        )}
      </section>
      <Facts
        facts={[
          ['Counts', conditionsText(conditions)],
          ['Fires from', `${thresholdText(conditions.threshold, conditions.windowSeconds)}`],
          ['For each', conditions.groupBy.join(', ')],
          ['Tenant', row.tenantId ?? 'all tenants together'],
          [
            'Notifies',
            row.webhooks.length === 0 ? (
              'every webhook that subscribes to ops.alert.*'
            ) : (
              <Receivers key="receivers" webhooks={row.webhooks} />
            ),
          ],
          ['Notifies again', `every ${secondsText(rule.repeatIntervalSeconds)} while it fires`],
          [
            'Alerts',
            <Link key="alerts" href={pathTo('/alerts', { rule: rule.id, window: 'all' })} prefetch={false}>
              {open === 0 ? 'none open' : `${open} open`}
            </Link>,
          ],
          ['Created', <Time key="created" at={rule.createdAt} />],
          ['Changed', <Time key="changed" at={rule.updatedAt} />],
          ['Deleted', rule.deletedAt && <Time key="deleted" at={rule.deletedAt} />],
        ]}
      />
      <section aria-label="Why it did or did not notify" className={classes.part}>
        <h3>Why it did or did not notify, in the last 24 h</h3>
        <EvaluationLog key={rule.id} ruleId={rule.id} evaluations={rule.evaluations} />
      </section>
    </>
  )
}

function Receivers({ webhooks }: { webhooks: RuleRowFragment['webhooks'] }) {
  const pathTo = useKeptPath()
  return webhooks.map(({ id, name, deletedAt }, index) => (
    <span key={id}>
      {index > 0 && ', '}
      {deletedAt ? (
        <span title={name}>
          deleted webhook <code>{id}</code>
        </span>
      ) : (
        <Link href={pathTo(`/webhooks/${id}`)} prefetch={false}>
          {name}
        </Link>
      )}
    </span>
  ))
}
