import type { AppContext } from '../../app-context.ts'
import type { Read } from '../../db/snapshot.ts'
import { type SqlValue, sqlValues } from '../../db/sql-value.ts'
import { MINUTE_MS, splitIntoBuckets } from '../../db/time-buckets.ts'
import { timeBounds } from '../../db/time-range.ts'
import { uuidFloor } from '../../kit/ids.ts'
import type { DeliveryQuery } from '../read/delivery-filter.ts'
import { deliveryWhere } from '../read/delivery-where.ts'
import { DETAILED_MINUTES_MS, narrow, needsDetail, totalledUntil } from './narrow.ts'

/**
 * Number of deliveries created within a bucket, and how many of them have reached each final status. The others are
 * open.
 */
export interface CreatedCount {
  bucket: number
  created: number
  delivered: number
  deadLetter: number
  cancelled: number
}

/**
 * Counts deliveries by creation time between `edges` (milliseconds, ascending), regardless of their status. The counts
 * are exact: they come from the totals up to the time that the totals have reached, and from the rows after it. `read`
 * must use one snapshot, so that no delivery is missed or counted twice while a worker updates the totals. Null if
 * there are no totals yet.
 */
export async function countCreated(
  core: AppContext,
  read: Read,
  filter: DeliveryQuery,
  edges: readonly number[],
): Promise<CreatedCount[] | null> {
  const until = await totalledUntil(read)
  if (until === 0) return null
  const query = { ...filter, statuses: null, since: null, until: null }
  const finestFrom = needsDetail(query) ? core.clock() - DETAILED_MINUTES_MS : Number.NEGATIVE_INFINITY
  const { whole, rest } = splitIntoBuckets(edges, { finestFrom, until })

  const values: unknown[] = []
  const value = sqlValues(values)
  const column = (field: 'span' | 'from' | 'to' | 'bucket') => `${value(whole.map((piece) => piece[field]))}::int[]`
  const ids = (instants: number[]) => `${value(instants.map(uuidFloor))}::uuid[]`
  const pieces = `unnest(${column('span')}, ${column('from')}, ${column('to')}, ${column('bucket')}) AS p(span, first, last, bucket)`
  const bucket = `greatest(width_bucket(d.id, ${ids(edges.slice(0, -1))}), 1) - 1`
  const ended = ['DELIVERED', 'DEAD_LETTER', 'CANCELLED']
    .map((status) => `count(*) FILTER (WHERE d.status = '${status}')::int`)
    .join(', ')
  // OFFSET 0 is an optimisation fence, so that each piece is read as a range of the totals' primary key.
  return read<CreatedCount>(
    `SELECT p.bucket, sum(t.made)::int AS created, sum(t.delivered)::int AS delivered, sum(t.dead_letter)::int AS "deadLetter", sum(t.cancelled)::int AS cancelled
       FROM ${pieces} CROSS JOIN LATERAL (SELECT * FROM delivery_totals t
         WHERE ${within(query, value)} AND t.span = p.span AND t.start >= p.first AND t.start < p.last OFFSET 0) AS t GROUP BY 1
     UNION ALL
     SELECT p.bucket, 0, ${ended}
       FROM unnest(${ids(whole.map(({ from }) => from * MINUTE_MS))}, ${ids(whole.map(({ to }) => Math.min(to * MINUTE_MS, until)))}, ${column('bucket')}) AS p(low, high, bucket)
       JOIN delivery_ends d ON d.id >= p.low AND d.id < p.high WHERE ${deliveryWhere(query, values)} GROUP BY 1
     UNION ALL
     SELECT ${bucket}, count(*)::int, ${ended}
       FROM unnest(${ids(rest.map(({ from }) => from))}, ${ids(rest.map(({ to }) => to))}) AS r(low, high)
       CROSS JOIN LATERAL (SELECT d.id, d.status FROM deliveries d WHERE d.id >= r.low AND d.id < r.high AND ${deliveryWhere(query, values)} OFFSET 0) AS d GROUP BY 1`,
    values,
  )
}

/**
 * The id of the oldest delivery that matches a query without a start; null if none matches. Undefined if there are no
 * totals yet.
 */
export async function firstTotalled(read: Read, filter: DeliveryQuery): Promise<string | null | undefined> {
  const until = await totalledUntil(read)
  if (until === 0) return undefined
  const query = { ...filter, statuses: null }
  const values: unknown[] = []
  const condition = within(query, sqlValues(values), true)
  const [hour] = await read<{ start: number }>(
    `SELECT start FROM delivery_totals t WHERE ${condition} AND span = 60 ORDER BY start LIMIT 1`,
    values,
  )
  const parameters: unknown[] = [uuidFloor(hour ? hour.start * MINUTE_MS : until)]
  const [row] = await read<{ id: string }>(
    `SELECT d.id FROM deliveries d WHERE d.id >= $1::uuid AND ${deliveryWhere(query, parameters)} ORDER BY d.id LIMIT 1`,
    parameters,
    { prepared: true },
  )
  return row?.id ?? null
}

/**
 * Maximum number of hours that are searched for an open delivery. Usually the first one contains it, unless the
 * delivery has just ended.
 */
const HOURS_TRIED = 20

/**
 * Creation time of the oldest open delivery that matches; null if none is open. Undefined if the totals do not contain
 * it. The search covers the hours in which the totals count an open delivery, and the deliveries that are not in the
 * totals yet.
 */
export async function oldestOpen(read: Read, query: DeliveryQuery): Promise<Date | null | undefined> {
  const until = await totalledUntil(read)
  if (until === 0) return undefined
  const values: unknown[] = []
  const value = sqlValues(values)
  const { from, to } = timeBounds(query)
  const candidates = await read<{ start: number }>(
    `SELECT start FROM delivery_totals t WHERE ${within(query, value)} AND span = 60 AND start > ${value(Math.floor(from / MINUTE_MS) - 60)}
       AND start < ${value(Math.ceil(to / MINUTE_MS))} AND made > delivered + dead_letter + cancelled
     GROUP BY 1 ORDER BY 1 LIMIT ${HOURS_TRIED}`,
    values,
  )
  const oldest = async (low: number, high: number | null) => {
    const parameters: unknown[] = [uuidFloor(low)]
    const before = high === null ? '' : `AND d.id < $${parameters.push(uuidFloor(high))}::uuid`
    const [row] = await read<{ at: Date | null }>(
      `SELECT min(d.created_at) AS at FROM deliveries d
       WHERE d.status IN ('PENDING', 'FAILED') AND d.id >= $1::uuid ${before} AND ${deliveryWhere(query, parameters)}`,
      parameters,
    )
    return row?.at ?? null
  }
  for (const { start } of candidates) {
    const oldestInHour = await oldest(start * MINUTE_MS, (start + 60) * MINUTE_MS)
    if (oldestInHour) return oldestInHour
  }
  return candidates.length === HOURS_TRIED ? undefined : oldest(until, null)
}

/**
 * Number of open deliveries by webhook. Webhooks without open deliveries are omitted. Null if there are no totals yet.
 */
export async function openByWebhook(read: Read, webhookIds: readonly string[]): Promise<Map<string, number> | null> {
  const until = await totalledUntil(read)
  if (until === 0) return null
  const rows = await read<{ id: string; open: number }>(
    `SELECT id, sum(open)::int AS open FROM (
       SELECT webhook_id AS id, sum(made - delivered - dead_letter - cancelled) AS open FROM delivery_totals
         WHERE detail AND span = 1440 AND webhook_id = ANY($1::uuid[]) GROUP BY 1
       UNION ALL
       SELECT webhook_id, -count(*) FROM delivery_ends WHERE id < $2::uuid AND webhook_id = ANY($1::uuid[]) GROUP BY 1
       UNION ALL
       SELECT webhook_id, count(*) FROM deliveries
         WHERE id >= $2::uuid AND status IN ('PENDING', 'FAILED') AND webhook_id = ANY($1::uuid[]) GROUP BY 1
     ) AS o GROUP BY 1 HAVING sum(open) > 0`,
    [webhookIds, uuidFloor(until)],
  )
  return new Map(rows.map(({ id, open }) => [id, open]))
}

const within = (query: DeliveryQuery, value: SqlValue, detail = needsDetail(query)): string =>
  [`t.detail = ${detail}`, ...narrow(query, value)].join(' AND ')
