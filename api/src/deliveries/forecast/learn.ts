import type { PoolClient } from 'pg'
import type { ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import type { Read } from '../../db/snapshot.ts'
import { MINUTE_MS } from '../../db/time-buckets.ts'
import { groupBy } from '../../kit/group-by.ts'
import { uuidFloor, uuidTime } from '../../kit/ids.ts'
import type { CountedRange } from '../totals/advance.ts'
import { type AttemptCell, type AttemptHistory, historyOf } from './attempt-cells.ts'
import { judge } from './judge.ts'
import { CONCLUSIVE_AFTER_SECONDS, NOTHING_LEARNED, type Rate, situationKey, weightOf } from './rates.ts'
import { readTenMinutes, tenMinutesOf } from './read-evidence.ts'
import { aroundOf } from './receiver.ts'

/** Attempts of one webhook within one minute that followed similar failures. */
interface Retries extends Rate {
  webhookId: string
  /** Minute of the attempts, in minutes since 1970. */
  minute: number
  lastErrorKind: ErrorKind
  lastStatusCode: number | null
  failedAt: Date
}

/**
 * Maximum number of groups that one run learns from. The groups beyond it are ignored; they would teach little more.
 */
const MAX_GROUPS = 5_000
const DAY_MS = 24 * 3_600_000
/**
 * Maximum difference between the clock of a worker, which sets the times of attempts, and that of the database, which
 * sets the times of deliveries.
 */
const SKEW_MS = 5_000

/**
 * Compares each attempt of a range of ids ($1 to $2) with the failure before it. For a retry, that is the previous
 * attempt; for the first attempt of a replay, it is the last failure of the original. Only replays that have changed
 * since $4 are read, however many there are: the condition with num_nonnulls() selects the index of replays. Attempts
 * are read by their delivery: without OFFSET 0 the planner reads all attempts of the range for each replay until the
 * table is analyzed.
 */
const RETRIES = `WITH retried AS (
    SELECT a.webhook_id, a.started_at, a.error_kind IS NULL AS arrived, p.error_kind AS kind, p.status_code AS code, p.started_at AS failed_at
    FROM delivery_attempts a CROSS JOIN LATERAL (SELECT b.error_kind, b.status_code, b.started_at
      FROM (SELECT * FROM delivery_attempts b WHERE b.delivery_id = a.delivery_id OFFSET 0) AS b
      WHERE b.number = a.number - 1 AND b.id >= $3::uuid AND b.id < a.id LIMIT 1) AS p
    WHERE a.id >= $1::uuid AND a.id < $2::uuid AND a.number > 1 AND a.delivery_id IS NOT NULL AND p.error_kind IS NOT NULL
    UNION ALL
    SELECT a.webhook_id, a.started_at, a.error_kind IS NULL, o.last_error_kind, o.last_status_code, coalesce(o.last_attempt_at, o.changed_at)
    FROM deliveries d JOIN deliveries o ON o.id = d.replay_of_id AND o.last_error_kind IS NOT NULL
    CROSS JOIN LATERAL (SELECT b.webhook_id, b.started_at, b.error_kind
      FROM (SELECT * FROM delivery_attempts b WHERE b.delivery_id = d.id OFFSET 0) AS b
      WHERE b.number = 1 AND b.id >= $1::uuid AND b.id < $2::uuid LIMIT 1) AS a
    WHERE num_nonnulls(d.replay_of_id) = 1 AND d.changed_at >= $4::timestamptz
  )
  SELECT webhook_id AS "webhookId", floor(extract(epoch FROM started_at) / 60)::int AS minute, kind AS "lastErrorKind", code AS "lastStatusCode",
    max(failed_at) AS "failedAt", count(*)::int AS tried, count(*) FILTER (WHERE arrived)::int AS arrived
  FROM retried WHERE started_at >= failed_at + interval '${CONCLUSIVE_AFTER_SECONDS} s'
  GROUP BY 1, 2, 3, 4, date_bin('10 minutes', failed_at, 'epoch'::timestamptz) ORDER BY 2, 1 LIMIT ${MAX_GROUPS}`

/**
 * Learns from the attempts of a range that was just added to the totals. Each attempt that follows a failure counts for
 * the situation that the model would have seen one minute before the attempt. An attempt counts only once, even if the
 * totals are computed again.
 */
export async function learnRates(client: PoolClient, range: CountedRange): Promise<void> {
  const { rows: progress } = await client.query<{ until: string }>(
    `SELECT until FROM totals_progress WHERE name = 'retry_rates' FOR UPDATE`,
  )
  const from = Math.max(range.from, Number(progress[0]?.until ?? 0), range.to - DAY_MS)
  if (from >= range.to) return
  const read: Read = async (text, values) => (await client.query(text, values)).rows
  const groups = await read<Retries>(RETRIES, [
    uuidFloor(from),
    uuidFloor(range.to),
    uuidFloor(from - DAY_MS),
    new Date(from - SKEW_MS).toISOString(),
  ])
  const learned = groups.length === 0 ? [] : await ratesOf(read, groups)
  if (learned.length > 0) {
    await client.query(
      `INSERT INTO retry_rates AS r (webhook_id, day, situation, tried, arrived)
       SELECT webhook, day, situation, sum(tried), sum(arrived) FROM unnest($1::uuid[], $2::int[], $3::text[], $4::float8[], $5::float8[]) AS n(webhook, day, situation, tried, arrived)
       GROUP BY 1, 2, 3 ON CONFLICT (webhook_id, day, situation) DO UPDATE SET tried = r.tried + excluded.tried, arrived = r.arrived + excluded.arrived`,
      [
        learned.map(({ webhookId }) => webhookId),
        learned.map(({ minute }) => Math.floor(minute / 1_440)),
        learned.map(({ situation }) => situation),
        learned.map(({ tried }) => tried),
        learned.map(({ arrived }) => arrived),
      ],
    )
  }
  await client.query(`UPDATE totals_progress SET until = $1 WHERE name = 'retry_rates'`, [range.to])
}

async function ratesOf(read: Read, groups: readonly Retries[]) {
  const webhookIds = [...new Set(groups.map(({ webhookId }) => webhookId))]
  const minutes = groups.map(({ minute }) => minute)
  const [first, last] = [Math.min(...minutes) - 60, Math.max(...minutes)]
  const cells = await read<Omit<AttemptCell, 'newestAt'> & { newest: string }>(
    `SELECT t.webhook_id AS "webhookId", t.start AS minute, nullif(t.error_kind, '') AS "errorKind", nullif(t.status_code, 0) AS "statusCode",
       sum(t.count)::int AS count, max(t.newest::text) AS newest
     FROM unnest($1::uuid[]) AS w(id) CROSS JOIN LATERAL (
       SELECT * FROM attempt_totals t WHERE t.webhook_id = w.id AND t.span = 1 AND t.start >= $2 AND t.start < $3 OFFSET 0) AS t GROUP BY 1, 2, 3, 4`,
    [webhookIds, first, last],
  )
  const byWebhook = groupBy(
    cells.map(({ newest, ...cell }) => ({ ...cell, newestAt: new Date(uuidTime(newest)) })),
    ({ webhookId }) => webhookId,
  )
  const tens = await readTenMinutes(read, groups)
  return groups.map((group) => {
    const { webhookId, minute, failedAt } = group
    // Excludes the minute of the attempts themselves, because it contains their results.
    const hourBefore = (byWebhook.get(webhookId) ?? []).filter(
      (cell) => cell.minute >= minute - 60 && cell.minute < minute,
    )
    const history = historyOf(hourBefore)
    const judgement = judge({
      delivery: { ...group, status: 'FAILED', targetUrl: '' },
      webhook: { url: '', state: 'ENABLED', deletedAt: null },
      receiver: receiverBefore(history, failedAt),
      around: aroundOf(history.minutes, {
        failedAt,
        firstMinute: minute - 60,
        tenMinutes: tens.get(`${webhookId} ${tenMinutesOf(failedAt)}`),
      }),
      learned: NOTHING_LEARNED,
      now: minute * MINUTE_MS - 1,
    })
    return { webhookId, minute, situation: situationKey(judgement), ...weightOf(group) }
  })
}

/**
 * The state of the receiver before the attempts. The circuit of that time is not stored, so it is assumed closed; the
 * failures show the state.
 */
function receiverBefore(history: AttemptHistory, failedAt: Date) {
  const { lastSuccessAt, lastFailureAt } = history
  const lastFailed = lastFailureAt ?? failedAt
  const failingSince = lastSuccessAt === null || lastSuccessAt < lastFailed ? lastFailed : null
  return { circuit: 'CLOSED' as const, consecutiveFailures: 0, failingSince, ...history }
}
