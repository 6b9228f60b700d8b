import type { DeliveryStatus } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { Read } from '../../db/snapshot.ts'
import { sqlValues } from '../../db/sql-value.ts'
import { uuidFloor } from '../../kit/ids.ts'
import { countCreated } from '../totals/created.ts'
import { isTotalled } from '../totals/narrow.ts'
import { countOutcomes } from '../totals/outcomes.ts'
import type { DeliveryQuery } from './delivery-filter.ts'
import { deliveryWhere, instant, NEAR_FAILURE } from './delivery-where.ts'

/** Number of deliveries that last changed within a bucket, by their current status. */
export interface StatusCount {
  bucket: number
  /** Open deliveries: PENDING and FAILED. `failed` and `nearFailure` are parts of this number. */
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

/**
 * Counts deliveries by status and by the time of their last change. `edges` are the ascending limits of the buckets in
 * milliseconds. Empty buckets may be missing. The totals count final deliveries in the bucket in which they became
 * final, and open deliveries in the bucket of their creation, which is the last change of a delivery without attempts.
 * Open deliveries that have failed are counted with their partial index.
 */
export async function countStatuses(
  core: AppContext,
  read: Read,
  query: DeliveryQuery,
  edges: readonly number[],
): Promise<StatusCount[]> {
  const wants = (status: DeliveryStatus) => query.statuses === null || query.statuses.includes(status)
  const outcomes = isTotalled(query) ? await countOutcomes(read, query, edges) : null
  const counts = new Map<number, StatusCount>()
  const countsOf = (bucket: number) => {
    const row = counts.get(bucket) ?? { ...NO_DELIVERIES, bucket }
    counts.set(bucket, row)
    return row
  }
  if (outcomes === null) {
    for (const row of await countRows(read, query, edges)) add(countsOf(row.bucket), row)
    return [...counts.values()]
  }
  for (const { bucket, delivered, deadLetter, cancelled } of outcomes) {
    const row = countsOf(bucket)
    if (wants('DELIVERED')) row.delivered += delivered
    if (wants('DEAD_LETTER')) row.deadLetter += deadLetter
    if (wants('CANCELLED')) row.cancelled += cancelled
  }
  if (wants('FAILED'))
    for (const row of await countRows(read, { ...query, statuses: ['FAILED'] }, edges)) add(countsOf(row.bucket), row)
  if (wants('PENDING')) {
    const open = await countCreated(core, read, query, edges)
    for (const { bucket, created, delivered, deadLetter, cancelled } of open ?? [])
      countsOf(bucket).pending += created - delivered - deadLetter - cancelled
    for (const { bucket, count } of await countFailedByCreation(read, query, edges)) countsOf(bucket).pending -= count
  }
  return [...counts.values()]
}

function add(row: StatusCount, { status, count, nearFailure }: CountedRow): void {
  if (status === 'DELIVERED') row.delivered += count
  else if (status === 'DEAD_LETTER') row.deadLetter += count
  else if (status === 'CANCELLED') row.cancelled += count
  else {
    row.pending += count
    if (status === 'FAILED') row.failed += count
    row.nearFailure += nearFailure
  }
}

interface CountedRow {
  bucket: number
  status: DeliveryStatus
  count: number
  nearFailure: number
}

function countRows(read: Read, query: DeliveryQuery, edges: readonly number[]) {
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  const thresholds = `$${values.push(edges.slice(0, -1).map(instant))}::timestamptz[]`
  return read<CountedRow>(
    `SELECT greatest(width_bucket(d.changed_at, ${thresholds}), 1) - 1 AS bucket, d.status, count(*)::int AS count,
       count(*) FILTER (WHERE ${NEAR_FAILURE})::int AS "nearFailure"
     FROM deliveries d WHERE ${where} GROUP BY 1, 2`,
    values,
  )
}

/** Number of FAILED deliveries, and how many of them are near failure, whenever they last changed. */
export async function countFailed(read: Read, query: DeliveryQuery): Promise<{ failed: number; nearFailure: number }> {
  const values: unknown[] = []
  const [row] = await read<{ failed: number; nearFailure: number }>(
    `SELECT count(*)::int AS failed, count(*) FILTER (WHERE ${NEAR_FAILURE})::int AS "nearFailure"
     FROM deliveries d WHERE d.status = 'FAILED' AND ${deliveryWhere({ ...query, statuses: null }, values)}`,
    values,
  )
  return row ?? { failed: 0, nearFailure: 0 }
}

/** Number of FAILED deliveries by the bucket of their creation. */
function countFailedByCreation(read: Read, filter: DeliveryQuery, edges: readonly number[]) {
  const query = { ...filter, statuses: null, since: null, until: null }
  const values: unknown[] = []
  const value = sqlValues(values)
  const where = deliveryWhere(query, values)
  const thresholds = `${value(edges.slice(0, -1).map(uuidFloor))}::uuid[]`
  return read<{ bucket: number; count: number }>(
    `SELECT greatest(width_bucket(d.id, ${thresholds}), 1) - 1 AS bucket, count(*)::int AS count FROM deliveries d
     WHERE d.status = 'FAILED' AND d.id >= ${value(uuidFloor(edges[0] ?? 0))}::uuid AND d.id < ${value(uuidFloor(edges.at(-1) ?? 0))}::uuid
       AND ${where} GROUP BY 1`,
    values,
  )
}
