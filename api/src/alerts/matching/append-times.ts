import type { PoolClient } from 'pg'

/** Maximum number of rows of matches to read. Older events keep the time of their receipt. */
const MAX_ROWS = 50_000

interface Row {
  /** The positions in the feed of the first and the last event of the row. */
  first: number
  last: number
  /** The time of the append by the database's clock, in milliseconds. */
  at: number
}

/** The times at which events were appended, by the database's clock, as far as the matches of a rule know them. */
export interface AppendTimes {
  /**
   * The time of an event's append, in milliseconds. If no match knows it, the time of receipt, which is that of the
   * publishing process, within the times of the appends before and after it.
   */
  of(event: { seq: string; receivedAt: Date }): number
  /**
   * The range of the times in the ids of the matches' events, in milliseconds; null without matches. It differs from
   * that of the appends if the clock of a publishing process is wrong.
   */
  ids: { from: number; to: number } | null
}

/** Reads the append times from the present matches of a rule. `now` is the database's time in milliseconds. */
export async function appendTimes(
  client: PoolClient,
  rule: { id: string; now: number; windowSeconds: number },
): Promise<AppendTimes> {
  const { rows } = await client.query<Row & { oldestId: number | null; newestId: number | null }>(
    `SELECT m.seq::float8 AS first, coalesce(e.seq, m.seq)::float8 AS last, extract(epoch FROM m.at)::float8 * 1000 AS at,
       uuid7_ms(m.event_ids[cardinality(m.event_ids)])::float8 AS "oldestId", uuid7_ms(m.event_ids[1])::float8 AS "newestId"
     FROM alert_matches m LEFT JOIN events e ON e.id = m.event_ids[1]
     WHERE m.rule_id = $1 AND m.at > to_timestamp($2::float8 / 1000) ORDER BY m.seq DESC LIMIT ${MAX_ROWS}`,
    [rule.id, rule.now - rule.windowSeconds * 1_000],
  )
  rows.reverse()
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { oldestId, newestId } of rows) {
    from = Math.min(from, oldestId ?? from)
    to = Math.max(to, newestId ?? to)
  }
  const ids = from <= to ? { from, to } : null
  return { ids, of: ({ seq, receivedAt }) => timeOf(rows, Number(seq), receivedAt.getTime(), rule.now) }
}

function timeOf(rows: readonly Row[], seq: number, receivedAt: number, now: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (rows[middle]!.first <= seq) low = middle + 1
    else high = middle
  }
  // Rows of several groups may begin at the same position.
  for (let i = low - 1; i >= 0 && rows[i]!.first === rows[low - 1]!.first; i--)
    if (seq <= rows[i]!.last) return rows[i]!.at
  const before = rows[low - 1]?.at ?? Number.NEGATIVE_INFINITY
  const after = rows[low]?.at ?? now
  return Math.max(before, Math.min(receivedAt, after))
}
