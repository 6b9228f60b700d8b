import type { Read } from '../../db/snapshot.ts'
import { sqlValues } from '../../db/sql-value.ts'
import { MINUTE_MS, splitIntoBuckets } from '../../db/time-buckets.ts'
import { uuidFloor } from '../../kit/ids.ts'
import type { DeliveryQuery } from '../read/delivery-filter.ts'
import { changedBefore, deliveryWhere, instant } from '../read/delivery-where.ts'
import { DETAILED_MINUTES_MS, narrow, needsDetail, totalledUntil } from './narrow.ts'

/** Number of deliveries that became final within a bucket. */
export interface OutcomeCount {
  bucket: number
  /** Null unless the counts are by webhook. */
  webhookId: string | null
  delivered: number
  deadLetter: number
  cancelled: number
}

const FINAL = `d.status IN ('DELIVERED', 'DEAD_LETTER', 'CANCELLED')`

/**
 * Counts deliveries by the time when they became final, between `edges` (milliseconds, ascending), regardless of the
 * status in the filter. The counts are exact. Complete spans come from the totals. The start and the end of the range
 * come from the rows. Ends that the totals do not contain yet come from `delivery_ends` and the rows. Several result
 * rows may have the same bucket. Null if there are no totals yet.
 */
export async function countOutcomes(
  read: Read,
  filter: DeliveryQuery,
  edges: readonly number[],
  { byWebhook = false }: { byWebhook?: boolean } = {},
): Promise<OutcomeCount[] | null> {
  const until = await totalledUntil(read)
  if (until === 0) return null
  const query = { ...filter, statuses: null, since: null, until: null }
  const detail = needsDetail(query)
  const finestFrom = detail ? query.now - DETAILED_MINUTES_MS : Number.NEGATIVE_INFINITY
  // The time at which a delivery became final does not show whether the totals contain it, so `until` is infinite.
  // Missing ends are found by the creation time of their deliveries.
  const { whole, rest } = splitIntoBuckets(edges, { finestFrom, until: Number.POSITIVE_INFINITY })

  const values: unknown[] = []
  const value = sqlValues(values)
  const webhook = (table: string) => (byWebhook ? `${table}.webhook_id` : 'NULL::uuid')
  const column = (field: 'span' | 'from' | 'to' | 'bucket') => `${value(whole.map((piece) => piece[field]))}::int[]`
  const times = (instants: number[]) => `${value(instants.map(instant))}::timestamptz[]`
  const counted = `${value(uuidFloor(until))}::uuid`
  const where = deliveryWhere(query, values)
  const starts = times(edges.slice(0, -1))
  const bucket = `greatest(width_bucket(d.changed_at, ${starts}), 1) - 1`
  const counts = (['DELIVERED', 'DEAD_LETTER', 'CANCELLED'] as const)
    .map((status) => `count(*) FILTER (WHERE d.status = '${status}')::int`)
    .join(', ')
  const first = edges[0] ?? 0
  const last = edges.at(-1) ?? 0
  const within = `d.changed_at >= ${value(instant(first))} AND ${changedBefore(last, value)}`

  // All pieces of the range, in order. In a piece that comes from the totals, ends that the totals do not contain yet
  // are counted from `delivery_ends`. In the other pieces the rows of the deliveries are counted.
  const pieces = [
    ...whole.map((piece) => ({ at: piece.from * MINUTE_MS, bucket: piece.bucket })),
    ...rest.map(({ from }) => ({ at: from, bucket: null })),
  ].sort((a, b) => a.at - b.at)
  const bucketOfNote = `(${value(pieces.map((piece) => piece.bucket))}::int[])[width_bucket(d.changed_at, ${times(pieces.map(({ at }) => at))})]`

  const statements = [
    // OFFSET 0 is an optimisation fence, so that each piece is read as a range of the totals' key.
    `SELECT p.bucket, ${webhook('t')} AS "webhookId", sum(t.delivered)::int AS delivered, sum(t.dead_letter)::int AS "deadLetter", sum(t.cancelled)::int AS cancelled
       FROM unnest(${column('span')}, ${column('from')}, ${column('to')}, ${column('bucket')}) AS p(span, first, last, bucket)
       CROSS JOIN LATERAL (SELECT * FROM delivery_outcome_totals t WHERE ${[`t.detail = ${detail}`, ...narrow(query, value)].join(' AND ')}
         AND t.span = p.span AND t.start >= p.first AND t.start < p.last OFFSET 0) AS t GROUP BY 1, 2`,
    `SELECT n.bucket, ${webhook('n')}, ${counts.replaceAll('d.status', 'n.status')} FROM (
       SELECT ${bucketOfNote} AS bucket, d.webhook_id, d.status FROM delivery_ends d WHERE d.id < ${counted} AND ${within} AND ${where}) AS n
       WHERE n.bucket IS NOT NULL GROUP BY 1, 2`,
    `SELECT ${bucket}, ${webhook('d')}, ${counts} FROM deliveries d WHERE d.id >= ${counted} AND ${FINAL} AND ${within} AND ${where} GROUP BY 1, 2`,
  ]
  if (rest.length > 0) {
    const low = times(rest.map(({ from }) => from))
    const high = times(rest.map(({ to }) => to))
    statements.push(
      `SELECT ${bucket}, ${webhook('d')}, ${counts} FROM unnest(${low}, ${high}) AS r(low, high)
       CROSS JOIN LATERAL (SELECT d.changed_at, d.webhook_id, d.status FROM deliveries d WHERE d.changed_at >= r.low AND d.changed_at < r.high
         AND d.id < ${counted} AND ${FINAL} AND ${within} AND ${where} OFFSET 0) AS d GROUP BY 1, 2`,
    )
  }
  return read<OutcomeCount>(statements.join('\n UNION ALL '), values)
}
