import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'
import { MINUTE_MS } from '../../db/time-buckets.ts'
import { uuidFloor } from '../../kit/ids.ts'
import { detailedFrom, LAG_MS } from './update.ts'

/** Attempts counted in one transaction. */
const CHUNK = 100_000

// One statement, which sees one state of the rows and of the notes. A note about an attempt that is counted here for the first time is
// dropped: the row itself is counted.
const COUNT = `WITH noted AS (
    DELETE FROM attempt_notes WHERE id < $2::uuid RETURNING *
  ), fresh AS (
    SELECT id, webhook_id, duration_ms, error_kind, status_code FROM delivery_attempts
      WHERE id >= $1::uuid AND id < $2::uuid AND delivery_id IS NOT NULL
    UNION ALL SELECT id, webhook_id, duration_ms, error_kind, status_code FROM noted WHERE id < $1::uuid
  ), gathered AS MATERIALIZED (
    SELECT webhook_id, (uuid7_ms(id) / ${MINUTE_MS})::int AS minute, coalesce(error_kind::text, '') AS error_kind,
      CASE WHEN error_kind IS NULL THEN 0 ELSE coalesce(status_code, 0) END AS status_code,
      CASE WHEN error_kind IS NULL THEN latency_bucket(duration_ms) ELSE -1 END AS latency, count(*) AS count, max(id::text) AS newest
    FROM fresh GROUP BY 1, 2, 3, 4, 5
  )
  INSERT INTO attempt_totals AS t (webhook_id, span, start, error_kind, status_code, latency, count, newest)
  SELECT webhook_id, span, minute / span * span, error_kind, status_code, latency, sum(count), max(newest)::uuid
  FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON span > 1 OR minute >= $3::int
  GROUP BY 1, 2, 3, 4, 5, 6
  ON CONFLICT (webhook_id, span, start, error_kind, status_code, latency) DO UPDATE
    SET count = t.count + excluded.count, newest = greatest(t.newest, excluded.newest)`

/** The attempts that were counted in this transaction, by when they began: milliseconds since 1970, `to` excluded. */
export interface CountedRange {
  from: number
  to: number
}

/**
 * Adds to the totals the attempts since the last time, and those that were stored late. As for deliveries, the totals go to LAG_MS before
 * the oldest transaction under way: an attempt that is stored later than that after it began has a note. `counted` runs in the
 * same transaction. Answers whether there may be more to do.
 */
export function updateAttemptTotals(
  core: AppContext,
  counted: (client: PoolClient, range: CountedRange) => Promise<void>,
): Promise<boolean> {
  return core.db.transaction(async (client) => {
    const { rows } = await client.query<{ until: string; age: number }>(
      `SELECT until, (SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)) * 1000, 0)::float8 FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE 'aetherlink-%' AND pid <> pg_backend_pid()) AS age
       FROM totals_progress WHERE name = 'attempts' FOR UPDATE SKIP LOCKED`,
    )
    const [row] = rows
    if (!row) return false
    const from = Number(row.until)
    const target = Math.floor(core.clock() - Math.max(0, row.age) - LAG_MS)
    if (target <= from) return false
    await client.query('SET LOCAL enable_seqscan = off; SET LOCAL jit = off')
    const { rows: beyond } = await client.query<{ ms: string }>(
      'SELECT uuid7_ms(id) AS ms FROM delivery_attempts WHERE id >= $1::uuid AND id < $2::uuid ORDER BY id OFFSET $3 LIMIT 1',
      [uuidFloor(from), uuidFloor(target), CHUNK],
    )
    const to = beyond[0] ? Math.max(from + 1, Number(beyond[0].ms)) : target
    await client.query(COUNT, [uuidFloor(from), uuidFloor(to), detailedFrom(core)])
    await counted(client, { from, to })
    await client.query(`UPDATE totals_progress SET until = $1 WHERE name = 'attempts'`, [to])
    return to < target
  })
}

/** Drops minutes that are too old for their detail, and the totals of days whose attempts were dropped. */
export async function pruneAttemptTotals(core: AppContext): Promise<void> {
  await core.db.query('DELETE FROM attempt_totals WHERE span = 1 AND start < $1', [detailedFrom(core)])
  await core.db.query(
    `DELETE FROM attempt_totals t USING (VALUES (10), (60), (1440)) AS s(span),
       (SELECT coalesce((SELECT uuid7_ms(id) / ${MINUTE_MS} FROM delivery_attempts ORDER BY id LIMIT 1), 0) AS minute) AS oldest
     WHERE t.span = s.span AND t.start <= oldest.minute - s.span`,
  )
}
