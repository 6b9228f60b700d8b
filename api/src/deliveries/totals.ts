import { nameCondition } from '../graphql/filter.ts'
import type { Core } from '../kit/core.ts'
import { uuidFloor } from '../kit/ids.ts'
import type { Read } from '../kit/snapshot.ts'
import { cut, MINUTE_MS } from '../kit/spans.ts'
import { type DeliveryQuery, deliveryWhere } from './where.ts'

/** Deliveries made within a bucket, and how many of them ended badly. Those that are neither that nor open are delivered. */
export interface MadeCount {
  bucket: number
  made: number
  deadLetter: number
  cancelled: number
}

/** Whether the totals know all that a query asks about (but for the status, which is worked out of several counts). */
export const totalled = ({ errorKinds, ruleId, search }: DeliveryQuery): boolean =>
  errorKinds === null && ruleId === null && search === null

/** For so long minutes are kept with all their detail; hours and days for as long as the deliveries. */
const DETAILED_MINUTES_MS = 24 * 3_600_000
/** A reader that decided a moment ago what to read still finds it. */
const DETAIL_MARGIN_MS = 3_600_000

/**
 * Counts deliveries by when they were made, between `edges` (milliseconds, ascending) and whatever their status, exactly: the
 * totals up to the instant that they go to, and what was made after it by looking. `read` sees one state of the database, so
 * that none is counted twice or missed while the worker goes on. Null while there are no totals.
 */
export async function countMade(
  core: Core,
  read: Read,
  filter: DeliveryQuery,
  edges: readonly number[],
): Promise<MadeCount[] | null> {
  const until = await progress(read)
  if (until === 0) return null
  const query = { ...filter, statuses: null }
  const detail = query.webhookIds !== null || query.eventTypes !== null
  const finestFrom = detail ? core.clock() - DETAILED_MINUTES_MS : Number.NEGATIVE_INFINITY
  const { whole, rest } = cut(edges, { finestFrom, until })

  const values: unknown[] = []
  const value = (given: unknown) => `$${values.push(given)}`
  const column = (of: 'span' | 'from' | 'to' | 'bucket') => `${value(whole.map((piece) => piece[of]))}::int[]`
  const ids = (instants: number[]) => `${value(instants.map(uuidFloor))}::uuid[]`
  const pieces = `unnest(${column('span')}, ${column('from')}, ${column('to')}, ${column('bucket')}) AS p(span, first, last, bucket)`
  const conditions = [
    `t.detail = ${detail} AND t.span = p.span AND t.start >= p.first AND t.start < p.last`,
    ...(query.scope === 'all' ? [] : [`t.tenant_id = ${value(query.scope.tenantId)}`]),
    ...(query.webhookIds ? [`t.webhook_id = ANY(${value(query.webhookIds)}::uuid[])`] : []),
    ...(query.eventTypes ? [nameCondition('t.event_type', query.eventTypes, value)] : []),
  ]
  const bucket = `greatest(width_bucket(d.id, ${ids(edges.slice(0, -1))}), 1) - 1`
  const ended = `count(*) FILTER (WHERE d.status = 'DEAD_LETTER')::int, count(*) FILTER (WHERE d.status = 'CANCELLED')::int`
  return read<MadeCount>(
    `SELECT p.bucket, sum(t.made)::int AS made, sum(t.dead_letter)::int AS "deadLetter", sum(t.cancelled)::int AS cancelled
       FROM ${pieces} JOIN delivery_totals t ON ${conditions.join(' AND ')} GROUP BY 1
     UNION ALL
     SELECT p.bucket, 0, ${ended}
       FROM unnest(${ids(whole.map(({ from }) => from * MINUTE_MS))}, ${ids(whole.map(({ to }) => Math.min(to * MINUTE_MS, until)))}, ${column('bucket')}) AS p(low, high, bucket)
       JOIN delivery_ends d ON d.id >= p.low AND d.id < p.high WHERE ${deliveryWhere(query, values)} GROUP BY 1
     UNION ALL
     SELECT ${bucket}, count(*)::int, ${ended}
       FROM unnest(${ids(rest.map(({ from }) => from))}, ${ids(rest.map(({ to }) => to))}) AS r(low, high)
       JOIN deliveries d ON d.id >= r.low AND d.id < r.high WHERE ${deliveryWhere(query, values)} GROUP BY 1`,
    values,
  )
}

/** The id of the oldest delivery of a query that has no beginning, or null; undefined while there are no totals. */
export async function firstTotalled(read: Read, filter: DeliveryQuery): Promise<string | null | undefined> {
  const until = await progress(read)
  if (until === 0) return undefined
  const query = { ...filter, statuses: null }
  const values: unknown[] = []
  const value = (given: unknown) => `$${values.push(given)}`
  const conditions = [
    'detail AND span = 60',
    ...(query.scope === 'all' ? [] : [`tenant_id = ${value(query.scope.tenantId)}`]),
    ...(query.webhookIds ? [`webhook_id = ANY(${value(query.webhookIds)}::uuid[])`] : []),
    ...(query.eventTypes ? [nameCondition('event_type', query.eventTypes, value)] : []),
  ]
  const [hour] = await read<{ start: number }>(
    `SELECT start FROM delivery_totals WHERE ${conditions.join(' AND ')} ORDER BY start LIMIT 1`,
    values,
  )
  const parameters: unknown[] = [uuidFloor(hour ? hour.start * MINUTE_MS : until)]
  const [row] = await read<{ id: string }>(
    `SELECT d.id FROM deliveries d WHERE d.id >= $1::uuid AND ${deliveryWhere(query, parameters)} ORDER BY d.id LIMIT 1`,
    parameters,
  )
  return row?.id ?? null
}

async function progress(read: Read): Promise<number> {
  const [row] = await read<{ until: string }>(`SELECT until FROM totals_progress WHERE name = 'deliveries'`)
  return Number(row?.until ?? 0)
}

/** Deliveries counted in one transaction. */
const CHUNK = 200_000
/**
 * From when a delivery gets its id to when the transaction that writes it begins, at most: a wait for a connection, which is
 * given up after 10 s, and the clocks of two machines.
 */
const LAG_MS = 15_000

// What has ended of what is counted here for the first time is counted as such: the statement sees one state of both.
// Detail is first gathered by the shortest span that it is kept for.
const COUNT = `WITH ended AS (
    DELETE FROM delivery_ends WHERE id < $2::uuid RETURNING *
  ), fresh AS (
    SELECT uuid7_ms(id) / ${MINUTE_MS} AS minute, tenant_id, webhook_id, event_type, status, 1 AS made
      FROM deliveries WHERE id >= $1::uuid AND id < $2::uuid
    UNION ALL SELECT uuid7_ms(id) / ${MINUTE_MS}, tenant_id, webhook_id, event_type, status, 0 FROM ended WHERE id < $1::uuid
  ), gathered AS MATERIALIZED (
    SELECT grouping(webhook_id) = 0 AS detail, coalesce(unit, minute)::int AS at, tenant_id, webhook_id, event_type, sum(made) AS made,
      count(*) FILTER (WHERE status = 'DEAD_LETTER') AS dead, count(*) FILTER (WHERE status = 'CANCELLED') AS cancelled
    FROM (SELECT *, CASE WHEN minute >= $3 THEN minute ELSE minute / 60 * 60 END AS unit FROM fresh OFFSET 0) AS f
    GROUP BY GROUPING SETS ((unit, tenant_id, webhook_id, event_type), (minute, tenant_id))
  )
  INSERT INTO delivery_totals AS t (detail, span, start, tenant_id, webhook_id, event_type, made, dead_letter, cancelled)
  SELECT detail, span, at / span * span AS start, coalesce(tenant_id, ''), coalesce(webhook_id, '00000000-0000-0000-0000-000000000000'),
    coalesce(event_type, ''), sum(made), sum(dead), sum(cancelled)
  FROM gathered JOIN (VALUES (1), (60), (1440)) AS s(span) ON span > 1 OR NOT detail OR at >= $3
  GROUP BY 1, 2, 3, 4, 5, 6
  ON CONFLICT (detail, span, start, tenant_id, webhook_id, event_type) DO UPDATE
    SET made = t.made + excluded.made, dead_letter = t.dead_letter + excluded.dead_letter, cancelled = t.cancelled + excluded.cancelled`

/**
 * Adds to the totals what was made since the last time, and what ended of what they hold. They go to an instant from before
 * which nothing can come any more: LAG_MS before the oldest transaction of ours that is under way. Workers take turns. Answers
 * whether there may be more to do.
 */
export function totalDeliveries(core: Core): Promise<boolean> {
  return core.db.transaction(async (client) => {
    const { rows } = await client.query<{ until: string; age: number }>(
      `SELECT until, (SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)) * 1000, 0)::float8 FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE 'aetherlink-%' AND pid <> pg_backend_pid()) AS age
       FROM totals_progress WHERE name = 'deliveries' FOR UPDATE SKIP LOCKED`,
    )
    const [row] = rows
    if (!row) return false
    const from = Number(row.until)
    const target = Math.floor(core.clock() - Math.max(0, row.age) - LAG_MS)
    if (target <= from) return false
    await client.query('SET LOCAL enable_seqscan = off; SET LOCAL jit = off')
    const { rows: beyond } = await client.query<{ ms: string }>(
      'SELECT uuid7_ms(id) AS ms FROM deliveries WHERE id >= $1::uuid AND id < $2::uuid ORDER BY id OFFSET $3 LIMIT 1',
      [uuidFloor(from), uuidFloor(target), CHUNK],
    )
    const to = beyond[0] ? Math.max(from + 1, Number(beyond[0].ms)) : target
    await client.query(COUNT, [uuidFloor(from), uuidFloor(to), detailedFrom(core)])
    await client.query(`UPDATE totals_progress SET until = $1 WHERE name = 'deliveries'`, [to])
    return to < target
  })
}

const detailedFrom = (core: Core) => Math.floor((core.clock() - DETAILED_MINUTES_MS - DETAIL_MARGIN_MS) / MINUTE_MS)

/** Drops the totals of what was pruned, which goes by whole partitions, and the detail of minutes that are past. */
export async function forgetDeliveryTotals(core: Core): Promise<void> {
  await core.db.query('DELETE FROM delivery_totals WHERE detail AND span = 1 AND start < $1', [detailedFrom(core)])
  await core.db.query(
    `DELETE FROM delivery_totals WHERE start + span <= coalesce((SELECT uuid7_ms(id) / ${MINUTE_MS} FROM deliveries ORDER BY id LIMIT 1), 2147483647)
       AND (SELECT until FROM totals_progress WHERE name = 'deliveries') > 0`,
  )
}
