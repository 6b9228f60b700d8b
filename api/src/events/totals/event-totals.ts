import type { AppContext } from '../../app-context.ts'
import { MINUTE_MS } from '../../db/time-buckets.ts'

/** How long totals per minute are kept by tenant and type. Totals of longer spans are kept as long as their events. */
export const DETAILED_MINUTES_MS = 24 * 3_600_000
/** Totals are deleted this much later, for readers that have just decided to read them. */
const DETAIL_MARGIN_MS = 3_600_000

/** Maximum number of events per transaction. */
const CHUNK = 200_000

// Counts are first grouped by the shortest span that stores them.
const COUNT = `WITH gathered AS MATERIALIZED (
    SELECT grouping(type) = 0 AS detail, coalesce(unit, minute)::int AS at, tenant_id, type, severity, count(*) AS n
    FROM (SELECT *, CASE WHEN minute >= $3 THEN minute ELSE minute / 10 * 10 END AS unit
      FROM (SELECT uuid7_ms(id) / ${MINUTE_MS} AS minute, tenant_id, type, severity FROM events WHERE seq > $1 AND seq <= $2 OFFSET 0) AS e) AS f
    GROUP BY GROUPING SETS ((unit, tenant_id, type, severity), (minute, tenant_id, severity))
  )
  INSERT INTO event_totals AS t (detail, span, start, tenant_id, type, severity, count)
  SELECT detail, span, at / span * span AS start, coalesce(tenant_id, ''), coalesce(type, ''), severity, sum(n)
  FROM gathered JOIN (VALUES (1), (10), (60), (1440)) AS s(span) ON span > 1 OR NOT detail OR at >= $3
  GROUP BY 1, 2, 3, 4, 5, 6
  ON CONFLICT (detail, span, start, tenant_id, type, severity) DO UPDATE SET count = t.count + excluded.count`

/**
 * Adds the events that were appended since the last run to the totals. The totals are exact: events are committed in
 * the order of `seq`, so if an event is visible, all events with a smaller `seq` are visible too. A row lock makes
 * workers take turns. Returns whether more may be left.
 */
export function updateEventTotals(core: AppContext): Promise<boolean> {
  return core.db.transaction(async (client) => {
    // The statement reads the greatest `seq` when it starts, before it gets the lock. All events up to that `seq` are
    // visible to the statements below.
    const { rows } = await client.query<{ until: string; head: string | null }>(
      `SELECT until, (SELECT max(seq) FROM events) AS head FROM totals_progress WHERE name = 'events' FOR UPDATE SKIP LOCKED`,
    )
    const [row] = rows
    if (!row?.head || BigInt(row.head) <= BigInt(row.until)) return false
    const from = BigInt(row.until)
    const head = BigInt(row.head)
    const to = head - from > CHUNK ? from + BigInt(CHUNK) : head
    await client.query('SET LOCAL enable_seqscan = off; SET LOCAL jit = off')
    await client.query(COUNT, [from.toString(), to.toString(), detailedFrom(core)])
    await client.query(`UPDATE totals_progress SET until = $1 WHERE name = 'events'`, [to.toString()])
    return to < head
  })
}

const detailedFrom = (core: AppContext) =>
  Math.floor((core.clock() - DETAILED_MINUTES_MS - DETAIL_MARGIN_MS) / MINUTE_MS)

/** Deletes the totals of pruned events, and totals per minute that are too old. */
export async function pruneEventTotals(core: AppContext): Promise<void> {
  await core.db.query('DELETE FROM event_totals WHERE detail AND span = 1 AND start < $1', [detailedFrom(core)])
  await core.db.query(
    `DELETE FROM event_totals WHERE start + span <= coalesce((SELECT uuid7_ms(id) / ${MINUTE_MS} FROM events ORDER BY id LIMIT 1), 2147483647)
       AND (SELECT until FROM totals_progress WHERE name = 'events') > 0`,
  )
}
