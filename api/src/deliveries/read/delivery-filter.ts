import type { Delivery } from '../../../../prisma/generated/client/client.ts'
import { DeliveryStatus, type ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import type { TimeWindow } from '../../graphql/enums.ts'
import { createFilterReader, type NamePatterns, nameCondition, type TimeSpan } from '../../graphql/filter.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope, type TenantScope } from '../../identity/tenant-scope.ts'
import { badInputs } from '../../kit/errors.ts'
import { type IdKind, tryUuid, uuidFloor } from '../../kit/ids.ts'

/** What `deliveries` and `deliveryStats` are narrowed by. Null, left out and an empty list do not narrow. */
export interface DeliveryFilter {
  statuses?: readonly DeliveryStatus[] | null
  window?: TimeWindow | null
  since?: Date | null
  until?: Date | null
  webhookIds?: readonly string[] | null
  eventTypes?: readonly string[] | null
  errorKinds?: readonly ErrorKind[] | null
  ruleId?: string | null
  tenantId?: string | null
  search?: string | null
}

/** A filter that was checked against an identity: what it may see, and with public ids resolved. */
export interface DeliveryQuery extends TimeSpan {
  scope: TenantScope
  statuses: readonly DeliveryStatus[] | null
  webhookIds: readonly string[] | null
  eventTypes: NamePatterns | null
  errorKinds: readonly ErrorKind[] | null
  ruleId: string | null
  search: string | null
}

/**
 * Checks a filter. Null when nothing can match (another tenant than the identity's). Throws BAD_USER_INPUT with all that is
 * wrong; `path` is where the filter stands in the operation.
 */
export function deliveryQuery(
  identity: Identity,
  filter: DeliveryFilter | null | undefined,
  now: number,
  path: readonly string[] = ['filter'],
): DeliveryQuery | null {
  const given = filter ?? {}
  const { issues, wrong, listed, names, search, span } = createFilterReader(path)
  const uuid = (kind: IdKind, id: string, field: readonly string[]) => {
    const found = tryUuid(kind, id)
    if (!found)
      wrong(field, `${JSON.stringify(id.slice(0, 60))} is not an id of this kind; takes ${kind}_ and 26 characters`)
    return found ?? ''
  }

  const query = {
    statuses: listed('statuses', given.statuses),
    ...span(given, now),
    webhookIds:
      listed('webhookIds', given.webhookIds)?.map((id, i) => uuid('whk', id, ['webhookIds', String(i)])) ?? null,
    eventTypes: names('eventTypes', given.eventTypes),
    errorKinds: listed('errorKinds', given.errorKinds),
    ruleId: given.ruleId == null ? null : uuid('rul', given.ruleId, ['ruleId']),
    search: search(given.search),
  }
  if (issues.length > 0) throw badInputs(issues)
  const scope = readScope(identity, given.tenantId, [...path, 'tenantId'].join('.'))
  return scope && { scope, ...query }
}

/**
 * The condition on `deliveries d`, with its values appended to `values` as numbered parameters. The one place that turns a
 * filter into SQL. Times are ranges of `id`: a UUIDv7 starts with the instant of its creation, so partitions are skipped.
 */
export function deliveryWhere(query: DeliveryQuery, values: unknown[]): string {
  const value = (given: unknown) => `$${values.push(given)}`
  const parts = ['true']
  const own = query.scope === 'all' ? null : `d.tenant_id = ${value(query.scope.tenantId)}`
  if (own) parts.push(own)
  if (query.since !== null) parts.push(`d.id >= ${value(uuidFloor(query.since))}::uuid`)
  if (query.until !== null) parts.push(`d.id < ${value(uuidFloor(query.until))}::uuid`)
  // Written out, not as parameters: the planner takes the partial indexes on status only where it can see the values. They
  // come from the enum itself, so that nothing a caller sends gets into the statement.
  const { statuses } = query
  if (statuses) {
    const known = Object.values(DeliveryStatus).filter((status) => statuses.includes(status))
    parts.push(`d.status IN (${known.map((status) => `'${status}'`).join(', ')})`)
  }
  if (query.webhookIds) parts.push(`d.webhook_id = ANY(${value(query.webhookIds)}::uuid[])`)
  if (query.eventTypes) parts.push(nameCondition('d.event_type', query.eventTypes, value))
  if (query.errorKinds) parts.push(`d.last_error_kind = ANY(${value(query.errorKinds)}::"ErrorKind"[])`)
  if (query.ruleId !== null) parts.push(`d.rule_id = ${value(query.ruleId)}::uuid`)
  if (query.search !== null) {
    const pattern = value(`%${escapeLike(query.search)}%`)
    const found = `(d.target_url ILIKE ${pattern} OR d.event_type ILIKE ${pattern} OR d.last_error ILIKE ${pattern})`
    // Others' texts are not looked at, and how often they have this one does not choose what is read: see events/read/event-filter.ts.
    parts.push(own ? `CASE WHEN ${own} THEN ${found} END` : found)
  }
  return parts.join(' AND ')
}

const escapeLike = (text: string) => text.replace(/[\\%_]/g, '\\$&')

/** A row of `deliveries d` in the names of the model. */
export const DELIVERY_COLUMNS = `d.id, d.event_id AS "eventId", d.webhook_id AS "webhookId", d.tenant_id AS "tenantId",
  d.event_type AS "eventType", d.target_url AS "targetUrl", d.status, d.hold_reason AS "holdReason",
  d.attempt_count AS "attemptCount", d.max_attempts AS "maxAttempts", d.next_attempt_at AS "nextAttemptAt",
  d.wake_at AS "wakeAt", d.lease_until AS "leaseUntil", d.created_at AS "createdAt", d.completed_at AS "completedAt",
  d.last_status_code AS "lastStatusCode", d.last_error AS "lastError", d.last_error_kind AS "lastErrorKind",
  d.replay_of_id AS "replayOfId", d.rule_id AS "ruleId"`

export type DeliveryRow = Delivery
