import type { AppContext } from '../../app-context.ts'
import { MINUTE_MS } from '../../db/time-buckets.ts'

/** A span of the totals. Its length is in minutes, its start in minutes since 1970. */
interface Span {
  length: 10 | 60
  start: number
}

/**
 * Minimum time between two recounts. A recount reads all rows, so it must not be repeated all the time if it does not
 * remove the difference.
 */
const RECOUNT_EVERY_MS = 3_600_000

// One statement, so that everything is read from one snapshot. `delivery_ends` contains the ends that the totals do not
// contain yet.
const DISAGREEING = `SELECT s.start FROM unnest($1::int[], $2::int[]) AS s(length, start)
  CROSS JOIN LATERAL (SELECT uuid7_floor(to_timestamp(s.start * 60)) AS low, uuid7_floor(to_timestamp((s.start + s.length) * 60)) AS high) AS r
  CROSS JOIN LATERAL (SELECT count(*) AS made, count(*) FILTER (WHERE status = 'DELIVERED') AS delivered,
      count(*) FILTER (WHERE status = 'DEAD_LETTER') AS dead_letter, count(*) FILTER (WHERE status = 'CANCELLED') AS cancelled
    FROM deliveries WHERE id >= r.low AND id < r.high) AS d
  CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE status = 'DELIVERED') AS delivered,
      count(*) FILTER (WHERE status = 'DEAD_LETTER') AS dead_letter, count(*) FILTER (WHERE status = 'CANCELLED') AS cancelled
    FROM delivery_ends WHERE id >= r.low AND id < r.high) AS e
  CROSS JOIN LATERAL (SELECT coalesce(sum(made), 0) AS made, coalesce(sum(delivered), 0) AS delivered,
      coalesce(sum(dead_letter), 0) AS dead_letter, coalesce(sum(cancelled), 0) AS cancelled
    FROM delivery_totals WHERE NOT detail AND span = s.length AND start = s.start) AS t
  WHERE (s.start + s.length) * ${MINUTE_MS}::bigint <= (SELECT until FROM totals_progress WHERE name = 'deliveries')
    AND (d.made, d.delivered, d.dead_letter, d.cancelled)
      <> (t.made, t.delivered + e.delivered, t.dead_letter + e.dead_letter, t.cancelled + e.cancelled)`

/**
 * Creates a function that compares totals with rows: at each call the newest spans and one older hour. They differ if
 * rows appeared in a range that the totals already contained, for example from a machine whose clock is slow. Then the
 * totals start again from zero; until they have caught up, figures are read from the rows. The function returns whether
 * the totals were reset.
 */
export function createTotalsRepair(core: AppContext): () => Promise<boolean> {
  let recountedAt = Number.NEGATIVE_INFINITY
  let turn = 0

  return async () => {
    const [row] = await core.db.query<{ until: string; oldest: string | null }>(
      `SELECT least(until, extract(epoch FROM statement_timestamp()) * 1000) AS until, (SELECT uuid7_ms(id) FROM deliveries ORDER BY id LIMIT 1) AS oldest
       FROM totals_progress WHERE name = 'deliveries'`,
    )
    const until = Math.floor(Number(row?.until ?? 0) / MINUTE_MS)
    if (until === 0 || row?.oldest == null) return false
    const oldest = Math.floor(Number(row.oldest) / MINUTE_MS)
    const spans = spansToCompare(oldest, until, turn++)
    const disagreeing = await core.db.query<{ start: number }>(DISAGREEING, [
      spans.map(({ length }) => length),
      spans.map(({ start }) => start),
    ])
    const [first] = disagreeing
    if (!first || performance.now() - recountedAt < RECOUNT_EVERY_MS) return false
    recountedAt = performance.now()
    core.log.warn(
      { from: new Date(first.start * MINUTE_MS).toISOString() },
      'delivery totals disagree with the rows: they are counted again',
    )
    await recount(core)
    return true
  }
}

/**
 * The spans to compare: the last two complete spans of ten minutes, and one older hour, another one at each turn. The
 * first hour is omitted, because retention may be deleting its rows.
 */
function spansToCompare(oldest: number, until: number, turn: number): Span[] {
  const lastTen = Math.floor(until / 10) * 10 - 10
  const firstHour = Math.floor(oldest / 60) + 1
  const hours = Math.floor(until / 60) - firstHour
  return [
    { length: 10, start: lastTen },
    { length: 10, start: lastTen - 10 },
    ...(hours > 0 ? [{ length: 60, start: (firstHour + (turn % hours)) * 60 } as const] : []),
  ]
}

const recount = (core: AppContext): Promise<void> =>
  core.db.transaction(async (client) => {
    await client.query(`UPDATE totals_progress SET until = 0 WHERE name = 'deliveries'`)
    for (const table of ['delivery_totals', 'delivery_outcome_totals', 'delivery_failure_totals'])
      await client.query(`DELETE FROM ${table}`)
  })
