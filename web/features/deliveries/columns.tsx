import type { DeliveryRowFragment } from '@/lib/graphql.ts'
import type { Column } from '@/ui/lists/Table.tsx'
import type { State } from '@/ui/values/StatusBadge.tsx'
import { StatusBadge } from '@/ui/values/StatusBadge.tsx'
import { Time } from '@/ui/values/Time.tsx'
import classes from './Deliveries.module.css'
import { errorName, HOLD_REASONS, isFinal, stateOf } from './state.ts'
import { LIKELY, likelihoodText } from './verdict.ts'

type Row = DeliveryRowFragment

const status: Column<Row> = {
  key: 'status',
  header: 'Status',
  width: 150,
  phone: 'lead',
  cell: (row) => <StatusBadge state={stateOf(row)} detail={row.holdReason && HOLD_REASONS[row.holdReason]} />,
}

const type: Column<Row> = {
  key: 'type',
  header: 'Event type',
  phone: 'title',
  cell: ({ eventType, replayOf }) => (
    <span title={eventType}>
      {eventType}
      {replayOf && <span style={{ color: 'var(--text-dim)' }}> · replay</span>}
    </span>
  ),
}

const webhook: Column<Row> = {
  key: 'webhook',
  header: 'Webhook',
  phone: 'sub',
  cell: ({ webhook, targetUrl, status, lastErrorKind, lastStatusCode }) => (
    <span title={targetUrl}>
      {webhook.name}
      {/* A phone has no column for the error. */}
      {lastErrorKind && status !== 'DELIVERED' && (
        <span className={classes.phoneError}> · {errorName(lastErrorKind, lastStatusCode)}</span>
      )}
    </span>
  ),
}

const error: Column<Row> = {
  key: 'error',
  header: 'Error',
  grow: 1.2,
  from: 600,
  cell: ({ lastErrorKind, lastStatusCode, lastError }) =>
    (lastErrorKind || lastError) && (
      <span title={lastError ?? undefined}>
        {lastErrorKind && errorName(lastErrorKind, lastStatusCode)}
        {lastError && <span style={{ color: 'var(--text-dim)' }}> {lastError}</span>}
      </span>
    ),
}

const forecast: Column<Row> = {
  key: 'forecast',
  header: 'Replay',
  width: 92,
  from: 900,
  cell: ({ forecast, recoveredBy }) =>
    forecast &&
    !recoveredBy && (
      <span
        className={classes.chance}
        data-likely={forecast.likelihood >= LIKELY || undefined}
        title={`It ${likelihoodText(forecast.likelihood)}: ${forecast.basis}`}
      >
        {forecast.likelihood >= LIKELY ? '●' : '○'} {Math.round(forecast.likelihood * 100)} %
      </span>
    ),
}

const attempts: Column<Row> = {
  key: 'attempts',
  header: 'Attempts',
  width: 76,
  from: 900,
  cell: ({ attemptCount, maxAttempts }) => `${attemptCount}/${maxAttempts}`,
}

const next: Column<Row> = {
  key: 'next',
  header: 'Next attempt',
  width: 160,
  from: 1050,
  cell: (row) =>
    isFinal(row.status) || row.holdReason ? null : row.nextAttemptAt ? <Time at={row.nextAttemptAt} /> : 'now',
}

const tenant: Column<Row> = {
  key: 'tenant',
  header: 'Tenant',
  width: 116,
  from: 1050,
  cell: ({ tenantId }) => tenantId ?? 'installation',
}

const changed: Column<Row> = {
  key: 'changed',
  header: 'Last change',
  width: 170,
  phone: 'end',
  cell: ({ changedAt }) => <Time at={changedAt} />,
}

/** The columns that are meaningful for a status. A null status means all statuses. */
export function columnsFor(state: State | null): readonly Column<Row>[] {
  switch (state) {
    case 'arrived':
      return [status, type, webhook, attempts, tenant, changed]
    case 'waiting':
    case 'held':
      return [status, type, webhook, next, attempts, tenant, changed]
    case 'retrying':
      return [status, type, webhook, error, attempts, next, tenant, changed]
    case 'dead':
      return [status, type, webhook, error, forecast, attempts, tenant, changed]
    case 'recovered':
    case 'cancelled':
      return [status, type, webhook, error, attempts, tenant, changed]
    case null:
      return [status, type, webhook, error, forecast, attempts, next, tenant, changed]
  }
}
