import type { DeliveryStatus } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { Read } from '../../db/snapshot.ts'
import { countMade, isTotalled } from '../totals/made.ts'
import type { DeliveryQuery } from './delivery-filter.ts'
import { deliveryWhere, instant } from './delivery-where.ts'

/** Deliveries that last changed within a bucket, by what they are now. */
export interface StatusCount {
  bucket: number
  /** PENDING and FAILED. */
  pending: number
  failed: number
  nearFailure: number
  delivered: number
  deadLetter: number
  cancelled: number
}

export const NO_DELIVERIES: StatusCount = {
  bucket: 0,
  pending: 0,
  failed: 0,
  nearFailure: 0,
  delivered: 0,
  deadLetter: 0,
  cancelled: 0,
}

export const NEAR_FAILURE = 'd.attempt_count > 0 AND d.max_attempts - d.attempt_count = 1'

/**
 * Counts by status between `edges` (milliseconds of last change, ascending); empty buckets may be left out. The totals know what is
 * open, but not what of that has failed before: those are counted by their index.
 */
export async function countStatuses(
  core: AppContext,
  read: Read,
  query: DeliveryQuery,
  edges: readonly number[],
): Promise<StatusCount[]> {
  const wants = (status: DeliveryStatus) => query.statuses === null || query.statuses.includes(status)
  // What a delivery came to is totalled by when it was made: that says how many there are in all, and not in which bucket.
  const isWhole = edges.length === 2 && query.since === null && query.until === null
  const made = isWhole && isTotalled(query) ? await countMade(core, read, query, edges) : null
  const looked =
    made === null
      ? await look(read, query, edges)
      : wants('FAILED') || wants('PENDING')
        ? await look(read, { ...query, statuses: ['FAILED'] }, edges)
        : []
  const found = new Map<number, StatusCount>()
  const of = (bucket: number) => {
    const row = found.get(bucket) ?? { ...NO_DELIVERIES, bucket }
    found.set(bucket, row)
    return row
  }
  for (const { bucket, ...counted } of made ?? []) {
    const row = of(bucket)
    const ended = counted.delivered + counted.deadLetter + counted.cancelled
    if (wants('PENDING')) row.pending += counted.made - ended
    if (wants('DELIVERED')) row.delivered += counted.delivered
    if (wants('DEAD_LETTER')) row.deadLetter += counted.deadLetter
    if (wants('CANCELLED')) row.cancelled += counted.cancelled
  }
  for (const { bucket, status, count, nearFailure } of looked) {
    const row = of(bucket)
    if (status === 'DELIVERED') row.delivered += count
    else if (status === 'DEAD_LETTER') row.deadLetter += count
    else if (status === 'CANCELLED') row.cancelled += count
    else {
      // The open ones of the totals have those that failed among them.
      if (made === null || !wants('PENDING')) row.pending += count
      else if (!wants(status)) row.pending -= count
      if (status === 'FAILED' && wants(status)) row.failed += count
      if (wants(status)) row.nearFailure += nearFailure
    }
  }
  return [...found.values()]
}

function look(read: Read, query: DeliveryQuery, edges: readonly number[]) {
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  const thresholds = `$${values.push(edges.slice(0, -1).map(instant))}::timestamptz[]`
  return read<{ bucket: number; status: DeliveryStatus; count: number; nearFailure: number }>(
    `SELECT greatest(width_bucket(d.changed_at, ${thresholds}), 1) - 1 AS bucket, d.status, count(*)::int AS count,
       count(*) FILTER (WHERE ${NEAR_FAILURE})::int AS "nearFailure"
     FROM deliveries d WHERE ${where} GROUP BY 1, 2`,
    values,
  )
}
