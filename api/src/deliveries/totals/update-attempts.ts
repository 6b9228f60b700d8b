import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'
import { MINUTE_MS } from '../../db/time-buckets.ts'
import { uuidFloor } from '../../kit/ids.ts'
import { advanceTotals, type CountedRange } from './advance.ts'
import { detailedFrom } from './update.ts'

// One statement, so that attempts and notes are read from one snapshot. If an attempt is counted here for the first
// time, its note is deleted without being counted, because its row is counted.
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

/**
 * Adds to the totals the attempts of the next range, and attempts that were stored late. An attempt that is stored more
 * than LAG_MS after it began has a row in attempt_notes. `counted` is called in the same transaction, with the range of
 * start times. Returns whether more attempts may be left.
 */
export const updateAttemptTotals = (
  core: AppContext,
  counted: (client: PoolClient, range: CountedRange) => Promise<void>,
): Promise<boolean> =>
  advanceTotals(core, {
    name: 'attempts',
    table: 'delivery_attempts',
    async count(client, range) {
      await client.query(COUNT, [uuidFloor(range.from), uuidFloor(range.to), detailedFrom(core)])
      await counted(client, range)
    },
  })

/** Deletes totals per minute that are too old, and totals of longer spans whose attempts have been deleted. */
export async function pruneAttemptTotals(core: AppContext): Promise<void> {
  await core.db.query('DELETE FROM attempt_totals WHERE span = 1 AND start < $1', [detailedFrom(core)])
  await core.db.query(
    `DELETE FROM attempt_totals t USING (VALUES (10), (60), (1440)) AS s(span),
       (SELECT coalesce((SELECT uuid7_ms(id) / ${MINUTE_MS} FROM delivery_attempts ORDER BY id LIMIT 1), 0) AS minute) AS oldest
     WHERE t.span = s.span AND t.start <= oldest.minute - s.span`,
  )
}
