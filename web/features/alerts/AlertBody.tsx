'use client'

import { Button } from '@mantine/core'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { filterOfJson } from '@/features/bulk-replay/request.ts'
import { useDirectReplay } from '@/features/bulk-replay/use-direct-replay.ts'
import { suggestionParams } from '@/features/deliveries/filter-link.ts'
import { errorName, HOLD_REASONS, stateOf } from '@/features/deliveries/state.ts'
import { EventRow } from '@/features/events/documents.ts'
import { SeverityBadge } from '@/features/events/severity.tsx'
import { secondsText } from '@/lib/format/seconds-text.ts'
import { readFragment } from '@/lib/graphql.ts'
import { useKeptPath } from '@/lib/url.ts'
import { Facts } from '@/ui/values/Facts.tsx'
import { StatusBadge } from '@/ui/values/StatusBadge.tsx'
import { Time } from '@/ui/values/Time.tsx'
import type { DetailedAlert } from './AlertPane.tsx'
import classes from './Alerts.module.css'
import { AlertTransitionItem, NotificationItem, ReplayOffer } from './details.ts'
import { AlertRow } from './documents.ts'
import { RuleConditions } from './rules/documents.ts'
import { AlertStatusBadge, ChangeBadge } from './status.tsx'
import { actorText, conditionsText, eventsText, groupText, thresholdText } from './words.ts'

const number = new Intl.NumberFormat('en')

/** An alert in reading order: the reason, the remedy, the timeline, the notifications, the events. */
export function AlertBody({ alert }: { alert: DetailedAlert }) {
  const row = readFragment(AlertRow, alert)
  return (
    <>
      <div className={classes.lead}>
        <AlertStatusBadge status={row.status} />
        <SeverityBadge severity={row.severity} />
        <strong>{row.rule.name}</strong>
      </div>
      <Part title="Why it fired">
        <p className={classes.reason}>{alert.reason}</p>
        {alert.rule.description && <p className={classes.advice}>{alert.rule.description}</p>}
      </Part>
      <Recovery alert={alert} />
      <AlertFacts alert={alert} />
      <Part title="Timeline">
        <Timeline alert={alert} />
      </Part>
      <Part title="Notifications">
        <Notifications alert={alert} />
      </Part>
      <Part title="Events that it counted">
        <CountedEvents alert={alert} />
      </Part>
    </>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className={classes.part}>
      <h3>{title}</h3>
      {children}
    </section>
  )
}

/**
 * Once the webhook accepts deliveries again: a button that replays exactly the deliveries that died while it was down,
 * and a link to them.
 */
function Recovery({ alert }: { alert: DetailedAlert }) {
  const pathTo = useKeptPath()
  const may = hasRole(useViewer(), 'OPERATOR')
  const replay = useDirectReplay(['AlertDetails'])
  const offer = readFragment(ReplayOffer, alert.suggestedReplay)
  if (!offer) return null
  return (
    <section aria-label="Recovery" className={classes.offer}>
      <div>
        <strong>{offer.title}</strong>
        <p>{offer.reason}</p>
      </div>
      {may && (
        <Button
          size="xs"
          loading={replay.busy}
          onClick={() => void replay.run({ filter: filterOfJson(offer.filter) }, `Suggested by the alert ${alert.id}`)}
        >
          Replay {number.format(offer.count)}
        </Button>
      )}
      <Button
        component={Link}
        href={pathTo('/deliveries', suggestionParams(offer.filter))}
        prefetch={false}
        size="xs"
        variant={may ? 'default' : 'filled'}
      >
        Show the {number.format(offer.count)} to replay
      </Button>
    </section>
  )
}

function AlertFacts({ alert }: { alert: DetailedAlert }) {
  const pathTo = useKeptPath()
  const row = readFragment(AlertRow, alert)
  const rule = readFragment(RuleConditions, alert.rule)
  const { acknowledgedBy, acknowledgedAt, isSilenced, silencedBy } = row
  const tenants = alert.tenants.map(({ name, count }) => `${name} ${number.format(count)}`).join(', ')
  const ruleState = alert.rule.deletedAt ? ' (deleted)' : alert.rule.enabled ? '' : ' (off)'
  return (
    <Facts
      facts={[
        ['About', groupText(row.group) || null],
        ['Source', row.source],
        ['Events', `${eventsText(row.matched)}; fires from ${thresholdText(row.threshold, row.windowSeconds)}`],
        [
          'Rule',
          <span key="rule">
            {alert.rule.deletedAt ? (
              row.rule.name
            ) : (
              <Link href={pathTo('/alerts/rules', { open: row.rule.id })} prefetch={false}>
                {row.rule.name}
              </Link>
            )}
            {ruleState}, counts {conditionsText(rule)}
          </span>,
        ],
        ['Tenant', row.tenantId],
        ['Tenants counted', row.tenantId === null ? tenants : null],
        ['Since', <Time key="since" at={row.startedAt} />],
        [
          'Last notified',
          row.lastNotifiedAt ? (
            <span key="notified">
              <Time at={row.lastNotifiedAt} />
              {row.status === 'FIRING' && `, again every ${secondsText(alert.rule.repeatIntervalSeconds)}`}
            </span>
          ) : (
            'not yet'
          ),
        ],
        [
          'Acknowledged',
          acknowledgedAt && (
            <span key="acknowledged">
              <Time at={acknowledgedAt} /> by {acknowledgedBy ? actorText(acknowledgedBy) : 'nobody known'}
            </span>
          ),
        ],
        ['Resolved', row.resolvedAt && <Time key="resolved" at={row.resolvedAt} />],
        [
          'Silence',
          silencedBy ? (
            <span key="silence">
              <Link href={pathTo('/alerts/silences', { open: silencedBy.id })} prefetch={false}>
                suppresses its notifications
              </Link>
              , ends <Time at={silencedBy.endsAt} />
            </span>
          ) : (
            isSilenced && 'one of the installation suppresses its notifications'
          ),
        ],
      ]}
    />
  )
}

function Timeline({ alert }: { alert: DetailedAlert }) {
  const pathTo = useKeptPath()
  const entries = readFragment(AlertTransitionItem, alert.timeline)
  return (
    <ol className={classes.timeline}>
      {entries.map((entry) => (
        <li key={`${entry.at} ${entry.change}`}>
          <Time at={entry.at} />
          <div>
            <div className={classes.lead}>
              <ChangeBadge change={entry.change} />
              {entry.actor && <span>by {actorText(entry.actor)}</span>}
              {entry.recipients != null && <span className={classes.dim}>{recipientsText(entry.recipients)}</span>}
              {entry.event && (
                <Link href={pathTo('/events', { window: 'all', open: entry.event.id })} prefetch={false}>
                  Event
                </Link>
              )}
            </div>
            {entry.note && entry.note !== alert.reason && <p>{entry.note}</p>}
          </div>
        </li>
      ))}
    </ol>
  )
}

const recipientsText = (count: number): string =>
  count === 0 ? 'nobody notified' : count === 1 ? '1 webhook notified' : `${number.format(count)} webhooks notified`

/** The notifications of the alert, and their outcomes. */
function Notifications({ alert }: { alert: DetailedAlert }) {
  const pathTo = useKeptPath()
  const deliveries = readFragment(NotificationItem, alert.deliveries)
  if (deliveries.length === 0)
    return (
      <p className={classes.none}>
        Nothing was sent.{' '}
        {alert.rule.deletedAt
          ? ''
          : 'The rule names no webhook that could have received it, none subscribes to ops.alert.*, or a silence suppressed it.'}
      </p>
    )
  return (
    <ul className={classes.rows}>
      {deliveries.map((delivery) => {
        const { id, webhook, eventType, holdReason, lastErrorKind, lastStatusCode, changedAt } = delivery
        return (
          <li key={id} data-delivery={id}>
            <StatusBadge state={stateOf(delivery)} detail={holdReason && HOLD_REASONS[holdReason]} />
            <div>
              <Link href={pathTo('/deliveries', { window: 'all', open: id })} prefetch={false}>
                {webhook.name}
              </Link>
              <p>
                {eventType.replace(/^ops\.alert\./, '')}
                {lastErrorKind &&
                  stateOf(delivery) !== 'arrived' &&
                  `, attempt ${delivery.attemptCount} of ${delivery.maxAttempts}: ${errorName(lastErrorKind, lastStatusCode)}`}
              </p>
            </div>
            <Time at={changedAt} />
          </li>
        )
      })}
    </ul>
  )
}

function CountedEvents({ alert }: { alert: DetailedAlert }) {
  const pathTo = useKeptPath()
  const events = readFragment(EventRow, alert.events)
  if (events.length === 0) return <p className={classes.none}>They have been pruned.</p>
  return (
    <ul className={classes.rows}>
      {events.map(({ id, type, severity, source, subject, receivedAt }) => (
        <li key={id}>
          <SeverityBadge severity={severity} />
          <div>
            <Link href={pathTo('/events', { window: 'all', open: id })} prefetch={false}>
              {type}
            </Link>
            <p>
              {source}
              {subject && `, ${subject}`}
            </p>
          </div>
          <Time at={receivedAt} />
        </li>
      ))}
    </ul>
  )
}
