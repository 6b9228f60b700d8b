import type { DeliveryStatus, ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import type { Read } from '../../db/snapshot.ts'
import { sqlValues } from '../../db/sql-value.ts'
import { MINUTE_MS } from '../../db/time-buckets.ts'
import { uuidFloor } from '../../kit/ids.ts'
import type { DeliveryQuery } from '../read/delivery-filter.ts'
import { deliveryWhere } from '../read/delivery-where.ts'
import { isByWebhookAndType, narrow, totalledUntil } from './narrow.ts'

/** Number of dead letters and recovered deliveries of one webhook with the same error. */
export interface FailureCount {
  webhookId: string
  /** Null for deliveries that were cancelled before they failed. */
  errorKind: ErrorKind | null
  statusCode: number | null
  /**
   * Dead letters that no replay has recovered. If a replay of a dead letter is a dead letter too, only the original
   * counts.
   */
  unrecovered: number
  recovered: number
}

/**
 * Whether the failure totals can answer a query. They do not separate dead letters from cancelled deliveries, so the
 * query must include both.
 */
export const isFailureTotalled = (query: DeliveryQuery): boolean =>
  isByWebhookAndType(query) &&
  query.since === null &&
  query.until === null &&
  includesAll(query.statuses, ['DEAD_LETTER', 'CANCELLED'])

const includesAll = (statuses: DeliveryQuery['statuses'], wanted: readonly DeliveryStatus[]) =>
  statuses === null || wanted.every((status) => statuses.includes(status))

/** Counts all failures by webhook and error. Null if there are no totals yet. */
export async function countFailures(read: Read, filter: DeliveryQuery): Promise<FailureCount[] | null> {
  const until = await totalledUntil(read)
  if (until === 0) return null
  const query = { ...filter, statuses: null, recovered: null }
  const values: unknown[] = []
  const value = sqlValues(values)
  const counted = `${value(uuidFloor(until))}::uuid`
  const errors = [
    ...(query.errorKinds ? [`t.error_kind = ANY(${value(query.errorKinds)}::text[])`] : []),
    ...(query.statusCodes ? [`t.status_code = ANY(${value(query.statusCodes)}::int[])`] : []),
  ]
  // The columns of `delivery_ends` have other names.
  const noted = deliveryWhere(query, values)
    .replaceAll('d.last_error_kind', 'd.error_kind')
    .replaceAll('d.last_status_code', 'd.status_code')
  const rows = await read<FailureCount>(
    `SELECT webhook_id AS "webhookId", nullif(kind, '')::"ErrorKind" AS "errorKind", nullif(code, 0) AS "statusCode",
       sum(unrecovered)::int AS unrecovered, sum(recovered)::int AS recovered FROM (
       SELECT t.webhook_id, t.error_kind AS kind, t.status_code AS code, sum(t.unrecovered) AS unrecovered, sum(t.recovered) AS recovered
         FROM delivery_failure_totals t WHERE ${['t.span = 1440', ...narrow(query, value), ...errors].join(' AND ')} GROUP BY 1, 2, 3
       UNION ALL
       SELECT d.webhook_id, coalesce(d.error_kind::text, ''), coalesce(d.status_code, 0), d.unrecovered::int, d.recovered::int
         FROM delivery_ends d WHERE d.id < ${counted} AND d.status <> 'DELIVERED' AND ${noted}
       UNION ALL
       SELECT d.webhook_id, coalesce(d.error_kind::text, ''), coalesce(d.status_code, 0), -(d.unrecovered::int), 1
         FROM delivery_recoveries d WHERE d.id < ${counted} AND ${noted}
       UNION ALL
       SELECT d.webhook_id, coalesce(d.last_error_kind::text, ''), coalesce(d.last_status_code, 0),
           (d.status = 'DEAD_LETTER' AND d.recovered_by_id IS NULL AND d.rescues_id IS NULL)::int, (d.recovered_by_id IS NOT NULL)::int
         FROM deliveries d WHERE d.id >= ${counted} AND d.status IN ('DEAD_LETTER', 'CANCELLED') AND ${deliveryWhere(query, values)}
     ) AS f GROUP BY 1, 2, 3 HAVING sum(unrecovered) <> 0 OR sum(recovered) <> 0`,
    values,
  )
  return rows
}

/** Number of dead letters of one webhook with the same error within one span of time. */
export interface FailureSpan {
  webhookId: string
  errorKind: ErrorKind
  statusCode: number | null
  /** First minute of the span, in minutes since 1970. */
  start: number
  unrecovered: number
  /** All dead letters, including recovered ones. */
  deadLetter: number
}

export type FailureSpanMinutes = 10 | 1_440

/**
 * Counts dead letters by webhook, error and span of time. If `since` (milliseconds) is given, counting starts at the
 * span that contains it. Without totals, the rows are counted.
 */
export async function countFailureSpans(
  read: Read,
  { tenantId, span, since }: { tenantId: string | null; span: FailureSpanMinutes; since: number | null },
): Promise<FailureSpan[]> {
  const until = await totalledUntil(read)
  const values: unknown[] = []
  const value = sqlValues(values)
  const counted = `${value(uuidFloor(until))}::uuid`
  const first = since === null ? 0 : Math.floor(since / MINUTE_MS / span) * span
  const tenant = tenantId === null ? null : value(tenantId)
  const ofTenant = (table: string) => (tenant === null ? 'true' : `${table}.tenant_id = ${tenant}`)
  const from = since === null ? 'true' : `d.changed_at >= ${value(new Date(first * MINUTE_MS).toISOString())}`
  const start = `(floor(extract(epoch FROM d.changed_at) / 60)::int / ${span} * ${span})`
  const isUnrecovered = `(d.recovered_by_id IS NULL AND d.rescues_id IS NULL)::int`
  return read<FailureSpan>(
    `SELECT webhook_id AS "webhookId", kind::"ErrorKind" AS "errorKind", nullif(code, 0) AS "statusCode", start,
       sum(unrecovered)::int AS unrecovered, sum(dead)::int AS "deadLetter" FROM (
       SELECT t.webhook_id, t.error_kind AS kind, t.status_code AS code, t.start, t.unrecovered, t.dead_letter AS dead
         FROM delivery_failure_totals t WHERE t.span = ${span} AND t.start >= ${value(first)} AND t.error_kind <> '' AND ${ofTenant('t')}
       UNION ALL
       SELECT d.webhook_id, d.error_kind::text, coalesce(d.status_code, 0), ${start}, d.unrecovered::int, 1
         FROM delivery_ends d WHERE d.id < ${counted} AND d.status = 'DEAD_LETTER' AND d.error_kind IS NOT NULL AND ${from} AND ${ofTenant('d')}
       UNION ALL
       SELECT d.webhook_id, d.error_kind::text, coalesce(d.status_code, 0), ${start}, -(d.unrecovered::int), 0
         FROM delivery_recoveries d WHERE d.id < ${counted} AND d.error_kind IS NOT NULL AND ${from} AND ${ofTenant('d')}
       UNION ALL
       SELECT d.webhook_id, d.last_error_kind::text, coalesce(d.last_status_code, 0), ${start}, ${isUnrecovered}, 1
         FROM deliveries d WHERE d.id >= ${counted} AND d.status = 'DEAD_LETTER' AND d.last_error_kind IS NOT NULL AND ${from} AND ${ofTenant('d')}
     ) AS f GROUP BY 1, 2, 3, 4 HAVING sum(unrecovered) <> 0 OR sum(dead) <> 0`,
    values,
  )
}
