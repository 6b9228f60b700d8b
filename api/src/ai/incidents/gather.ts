import type { ErrorKind, Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { type Read, snapshot } from '../../db/snapshot.ts'
import { eventQuery, eventWhere } from '../../events/read/event-filter.ts'
import { hasRole, type Identity } from '../../identity/identity.ts'
import { globToLike } from '../../kit/globs.ts'
import { uuidFloor } from '../../kit/ids.ts'
import type { IncidentScope } from './scope.ts'

/** Failed attempts with the same webhook and error. */
export interface AttemptCluster {
  webhookId: string
  webhookName: string
  tenantId: string | null
  errorKind: ErrorKind
  statusCode: number | null
  count: number
  firstAt: Date
  lastAt: Date
}

/** Events of the same type, source, severity and tenant. */
export interface EventCluster {
  type: string
  source: string
  severity: Severity
  tenantId: string | null
  count: number
  firstAt: Date
  lastAt: Date
}

/**
 * A change by a user. `actor` is null for readers without the role ADMIN, because they may not read the audit trail.
 */
export interface Change {
  action: string
  targetType: string | null
  targetId: string | null
  actor: string | null
  at: Date
}

export interface Figures {
  attempts: number
  failedAttempts: number
  deadLetters: number
  attemptClusters: AttemptCluster[]
  eventClusters: EventCluster[]
  /** Newest first. */
  changes: Change[]
}

/** Maximum number of groups of each kind, largest first: an explanation mentions only a few. */
const MAX_CLUSTERS = 20
const MAX_CHANGES = 5
/** Changes are searched from this long before the first failure. */
const BEFORE_MS = 3_600_000
const HOUR_MS = 3_600_000

/** Actions that are left out, because changes to deliveries, AI and the CRM cannot make a webhook fail. */
const NO_CAUSE = [
  'ai.*',
  'lead.*',
  'activity.*',
  'delivery.*',
  'deliveries.*',
  'bulkReplay.*',
  'alert.*',
  'silence.*',
  'audit.*',
]

/**
 * The figures of an incident, all from one snapshot of the database. Rejects with QUERY_TOO_COMPLEX when there are too
 * many rows to count.
 */
export function gather(core: AppContext, identity: Identity, scope: IncidentScope): Promise<Figures> {
  return snapshot(core, async (read) => {
    const attemptClusters = await readAttemptClusters(read, scope)
    const eventClusters = scope.webhook ? [] : await readEventClusters(read, identity, scope, core.clock())
    const totals = await readTotals(read, scope, core.env.DELIVERY_TTL_HOURS)
    const first = Math.min(
      scope.until,
      ...[...attemptClusters, ...eventClusters].map(({ firstAt }) => firstAt.getTime()),
    )
    const changes = await readChanges(read, identity, scope, first)
    return { ...totals, attemptClusters, eventClusters, changes }
  })
}

/** Conditions on attempts `a` and their webhooks `w`. */
function attemptsWhere({ since, until, tenantId, webhook }: IncidentScope, values: unknown[]): string {
  const value = (parameter: unknown) => `$${values.push(parameter)}`
  const conditions = [
    `a.id >= ${value(uuidFloor(since))}::uuid`,
    `a.id < ${value(uuidFloor(until))}::uuid`,
    'a.delivery_id IS NOT NULL',
  ]
  if (webhook) conditions.push(`a.webhook_id = ${value(webhook.id)}::uuid`)
  else if (tenantId !== null) conditions.push(`w.tenant_id = ${value(tenantId)}`)
  return conditions.join(' AND ')
}

function readAttemptClusters(read: Read, scope: IncidentScope): Promise<AttemptCluster[]> {
  const values: unknown[] = []
  return read<AttemptCluster>(
    `SELECT a.webhook_id AS "webhookId", w.name AS "webhookName", w.tenant_id AS "tenantId", a.error_kind AS "errorKind",
       a.status_code AS "statusCode", count(*)::int AS count, min(a.started_at) AS "firstAt", max(a.started_at) AS "lastAt"
     FROM delivery_attempts a JOIN webhooks w ON w.id = a.webhook_id
     WHERE ${attemptsWhere(scope, values)} AND a.error_kind IS NOT NULL
     GROUP BY 1, 2, 3, 4, 5 ORDER BY count DESC, 1 LIMIT ${MAX_CLUSTERS}`,
    values,
  )
}

async function readTotals(read: Read, scope: IncidentScope, ttlHours: number) {
  const values: unknown[] = []
  const [attempts] = await read<{ attempts: number; failedAttempts: number }>(
    `SELECT count(*)::int AS attempts, count(a.error_kind)::int AS "failedAttempts"
     FROM delivery_attempts a JOIN webhooks w ON w.id = a.webhook_id WHERE ${attemptsWhere(scope, values)}`,
    values,
  )
  const { since, until, tenantId, webhook } = scope
  // A delivery dies within its time to live, so partitions older than that are not scanned.
  const deadValues: unknown[] = [
    uuidFloor(since - (ttlHours + 1) * HOUR_MS),
    new Date(since).toISOString(),
    new Date(until).toISOString(),
  ]
  const inScope = webhook
    ? `AND webhook_id = $${deadValues.push(webhook.id)}::uuid`
    : tenantId === null
      ? ''
      : `AND tenant_id = $${deadValues.push(tenantId)}`
  const [dead] = await read<{ n: number }>(
    `SELECT count(*)::int AS n FROM deliveries
     WHERE status = 'DEAD_LETTER' AND id >= $1::uuid AND completed_at >= $2 AND completed_at < $3 ${inScope}`,
    deadValues,
  )
  return { attempts: attempts?.attempts ?? 0, failedAttempts: attempts?.failedAttempts ?? 0, deadLetters: dead?.n ?? 0 }
}

/**
 * Groups of the events that the alert's rule counts; without an alert, of the events that report a failure. Only an
 * unbound identity gets system events.
 */
async function readEventClusters(
  read: Read,
  identity: Identity,
  { since, until, tenantId, alert }: IncidentScope,
  now: number,
): Promise<EventCluster[]> {
  const severities: Severity[] | null = alert ? alert.eventSeverity && [alert.eventSeverity] : ['ERROR', 'CRITICAL']
  const query = eventQuery(
    identity,
    {
      tenantId,
      since: new Date(since),
      until: new Date(until),
      types: alert?.eventType ? [alert.eventType] : null,
      severities,
    },
    [],
    now,
  )
  if (query === null) return []
  const values: unknown[] = []
  const conditions = [eventWhere(query, values)]
  if (alert?.source) conditions.push(`e.source LIKE $${values.push(globToLike(alert.source))}`)
  return read<EventCluster>(
    `SELECT e.type, e.source, e.severity, e.tenant_id AS "tenantId", count(*)::int AS count,
       min(e.received_at) AS "firstAt", max(e.received_at) AS "lastAt"
     FROM events e WHERE ${conditions.join(' AND ')} GROUP BY 1, 2, 3, 4 ORDER BY count DESC, 1 LIMIT ${MAX_CLUSTERS}`,
    values,
  )
}

async function readChanges(
  read: Read,
  identity: Identity,
  { since, tenantId }: IncidentScope,
  firstFailure: number,
): Promise<Change[]> {
  const values: unknown[] = [
    uuidFloor(Math.min(since, firstFailure) - BEFORE_MS),
    uuidFloor(firstFailure + 1),
    NO_CAUSE.map((glob) => glob.replace('*', '%')),
  ]
  // Installation-wide changes may break a tenant's webhooks, but only an unbound reader may see them.
  const inScope =
    tenantId === null
      ? ''
      : `AND (e.tenant_id = $${values.push(tenantId)}${identity.tenantId === null ? ' OR e.tenant_id IS NULL' : ''})`
  const rows = await read<Change>(
    `SELECT e.action, e.target_type AS "targetType", e.target_id AS "targetId", coalesce(e.actor_name, e.actor_id) AS actor, e.at
     FROM audit_entries e
     WHERE e.id >= $1::uuid AND e.id < $2::uuid AND e.outcome = 'ALLOWED' AND NOT e.action LIKE ANY ($3::text[]) ${inScope}
     ORDER BY e.id DESC LIMIT ${MAX_CHANGES}`,
    values,
  )
  return hasRole(identity, 'ADMIN') ? rows : rows.map((row) => ({ ...row, actor: null }))
}
