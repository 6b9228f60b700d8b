import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'
import { MINUTE_MS } from '../../db/time-buckets.ts'
import { uuidFloor } from '../../kit/ids.ts'
import { advanceTotals, type CountedRange } from './advance.ts'
import { detailedFrom } from './update.ts'

// One statement, hence one snapshot of the rows and the notes. The note of an attempt that is counted here for the
// first time is dropped: the row itself is counted.
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
 * Adds new attempts and those that were stored late to the totals. An attempt that is stored later than LAG_MS after it
 * began has a note. `counted` runs in the same transaction, with the range of the attempts by their beginning. Returns
 * whether there may be more to do.
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

/** Drops minutes that are too old for their detail, and the totals of days whose attempts were dropped. */
export async function pruneAttemptTotals(core: AppContext): Promise<void> {
  await core.db.query('DELETE FROM attempt_totals WHERE span = 1 AND start < $1', [detailedFrom(core)])
  await core.db.query(
    `DELETE FROM attempt_totals t USING (VALUES (10), (60), (1440)) AS s(span),
       (SELECT coalesce((SELECT uuid7_ms(id) / ${MINUTE_MS} FROM delivery_attempts ORDER BY id LIMIT 1), 0) AS minute) AS oldest
     WHERE t.span = s.span AND t.start <= oldest.minute - s.span`,
  )
}
