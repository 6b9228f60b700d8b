import type { AppContext } from '../../app-context.ts'
import { MINUTE_MS } from '../../db/time-buckets.ts'
import { uuidFloor } from '../../kit/ids.ts'

/** For so long minutes are kept with all their detail; longer spans for as long as the deliveries. */
export const DETAILED_MINUTES_MS = 24 * 3_600_000
/** A reader that decided a moment ago what to read still finds it. */
const DETAIL_MARGIN_MS = 3_600_000

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
      count(*) FILTER (WHERE status = 'DELIVERED') AS delivered, count(*) FILTER (WHERE status = 'DEAD_LETTER') AS dead,
      count(*) FILTER (WHERE status = 'CANCELLED') AS cancelled
    FROM (SELECT *, CASE WHEN minute >= $3 THEN minute ELSE minute / 10 * 10 END AS unit FROM fresh OFFSET 0) AS f
    GROUP BY GROUPING SETS ((unit, tenant_id, webhook_id, event_type), (minute, tenant_id))
  )
  INSERT INTO delivery_totals AS t (detail, span, start, tenant_id, webhook_id, event_type, made, delivered, dead_letter, cancelled)
  SELECT detail, span, at / span * span AS start, coalesce(tenant_id, ''), coalesce(webhook_id, '00000000-0000-0000-0000-000000000000'),
    coalesce(event_type, ''), sum(made), sum(delivered), sum(dead), sum(cancelled)
  FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON span > 1 OR NOT detail OR at >= $3
  GROUP BY 1, 2, 3, 4, 5, 6
  ON CONFLICT (detail, span, start, tenant_id, webhook_id, event_type) DO UPDATE
    SET made = t.made + excluded.made, delivered = t.delivered + excluded.delivered, dead_letter = t.dead_letter + excluded.dead_letter,
      cancelled = t.cancelled + excluded.cancelled`

/**
 * Adds to the totals what was made since the last time, and what ended of what they hold. They go to an instant from before
 * which nothing can come any more: LAG_MS before the oldest transaction of ours that is under way. Workers take turns. Answers
 * whether there may be more to do.
 */
export function updateDeliveryTotals(core: AppContext): Promise<boolean> {
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

const detailedFrom = (core: AppContext) =>
  Math.floor((core.clock() - DETAILED_MINUTES_MS - DETAIL_MARGIN_MS) / MINUTE_MS)

/** Drops the totals of what was pruned, which goes by whole partitions, and the detail of minutes that are past. */
export async function pruneDeliveryTotals(core: AppContext): Promise<void> {
  await core.db.query('DELETE FROM delivery_totals WHERE detail AND span = 1 AND start < $1', [detailedFrom(core)])
  await core.db.query(
    `DELETE FROM delivery_totals WHERE start + span <= coalesce((SELECT uuid7_ms(id) / ${MINUTE_MS} FROM deliveries ORDER BY id LIMIT 1), 2147483647)
       AND (SELECT until FROM totals_progress WHERE name = 'deliveries') > 0`,
  )
}
