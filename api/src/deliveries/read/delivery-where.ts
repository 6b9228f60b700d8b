import type { Delivery } from '../../../../prisma/generated/client/client.ts'
import { DeliveryStatus } from '../../../../prisma/generated/client/enums.ts'
import { type SqlValue, sqlValues } from '../../db/sql-value.ts'
import { nameCondition } from '../../graphql/filter.ts'
import { uuidFloor } from '../../kit/ids.ts'
import type { DeliveryQuery } from './delivery-filter.ts'
import { heldSql } from './hold-reason.ts'
import { searchCondition } from './search-sql.ts'

/** Maximum difference between the clocks of the machines that create a delivery and change it. */
const SKEW_MS = 86_400_000

/**
 * Conditions of partial indexes. The wording must be the same as in the index, because the planner recognises only
 * that.
 */
export const UNRECOVERED = `d.status = 'DEAD_LETTER' AND d.recovered_by_id IS NULL AND d.rescues_id IS NULL`
export const RECOVERED = `d.recovered_by_id IS NOT NULL AND d.status IN ('DEAD_LETTER', 'CANCELLED')`

/** The delivery has failed before and has one attempt left. */
export const NEAR_FAILURE = 'd.attempt_count > 0 AND d.max_attempts - d.attempt_count = 1'

/**
 * Converts a query to an SQL condition on `deliveries d`. Parameters are appended to `values`. This is the only
 * function that does so.
 */
export function deliveryWhere(query: DeliveryQuery, values: unknown[]): string {
  const value = sqlValues(values)
  const parts = ['true']
  const ofTenant = query.scope === 'all' ? null : `d.tenant_id = ${value(query.scope.tenantId)}`
  if (ofTenant) parts.push(ofTenant)
  if (query.since !== null) parts.push(`d.changed_at >= ${value(instant(query.since))}`)
  if (query.until !== null) parts.push(changedBefore(query.until, value))
  // Literals instead of parameters, because the planner uses the partial indexes on status only if it sees the values.
  // The values come from the enum, so no input of the caller gets into the statement.
  const { statuses } = query
  if (statuses) {
    const filtered = Object.values(DeliveryStatus).filter((status) => statuses.includes(status))
    parts.push(`d.status IN (${filtered.map((status) => `'${status}'`).join(', ')})`)
  }
  if (query.webhookIds) parts.push(`d.webhook_id = ANY(${value(query.webhookIds)}::uuid[])`)
  if (query.eventTypes) parts.push(nameCondition('d.event_type', query.eventTypes, value))
  if (query.errorKinds) parts.push(`d.last_error_kind = ANY(${value(query.errorKinds)}::"ErrorKind"[])`)
  if (query.statusCodes) parts.push(`d.last_status_code = ANY(${value(query.statusCodes)}::int[])`)
  if (query.ruleId !== null) parts.push(`d.rule_id = ${value(query.ruleId)}::uuid`)
  if (query.recovered !== null) parts.push(query.recovered ? RECOVERED : UNRECOVERED)
  if (query.lastAttemptNext) parts.push(`d.status = 'FAILED' AND ${NEAR_FAILURE}`)
  if (query.holdReasons) parts.push(heldSql(query.holdReasons))
  if (query.search !== null) {
    const searched = searchCondition(query, query.search, value)
    // The CASE has two effects. Text conditions are not evaluated for rows of other tenants, and their statistics do
    // not influence the plan. See events/read/event-filter.ts.
    parts.push(ofTenant ? `CASE WHEN ${ofTenant} THEN ${searched} END` : searched)
  }
  return parts.join(' AND ')
}

export const instant = (ms: number): string => new Date(ms).toISOString()

/** Also limits the id, so that partitions of later deliveries are not read. */
export const changedBefore = (ms: number, value: SqlValue): string =>
  `d.changed_at < ${value(instant(ms))} AND d.id < ${value(uuidFloor(ms + SKEW_MS))}::uuid`

/** The columns of `deliveries d`, renamed to the fields of the Prisma model. */
export const DELIVERY_COLUMNS = `d.id, d.event_id AS "eventId", d.webhook_id AS "webhookId", d.tenant_id AS "tenantId",
  d.event_type AS "eventType", d.subject, d.target_url AS "targetUrl", d.status, d.hold_reason AS "holdReason",
  d.attempt_count AS "attemptCount", d.max_attempts AS "maxAttempts", d.next_attempt_at AS "nextAttemptAt",
  d.wake_at AS "wakeAt", d.lease_until AS "leaseUntil", coalesce(d.lease_until > db_now(), false) AS "isLeased", d.lease_owner AS "leaseOwner", d.created_at AS "createdAt", d.expires_at AS "expiresAt", d.completed_at AS "completedAt",
  d.last_attempt_at AS "lastAttemptAt", d.changed_at AS "changedAt",
  d.last_status_code AS "lastStatusCode", d.last_error AS "lastError", d.last_error_kind AS "lastErrorKind",
  d.replay_of_id AS "replayOfId", d.rescues_id AS "rescuesId", d.recovered_by_id AS "recoveredById", d.rule_id AS "ruleId"`

/**
 * A row of DELIVERY_COLUMNS. `isLeased` is whether a worker held the delivery when the row was read, according to the
 * clock of the database.
 */
export type DeliveryRow = Omit<Delivery, 'recoveryDeferred'> & { isLeased: boolean }
