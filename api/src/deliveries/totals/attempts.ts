import type { ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import type { Read } from '../../db/snapshot.ts'
import { sqlValues } from '../../db/sql-value.ts'
import { MINUTE_MS, splitIntoBuckets } from '../../db/time-buckets.ts'
import { uuidFloor } from '../../kit/ids.ts'
import { DETAILED_MINUTES_MS } from './narrow.ts'

/**
 * Number of attempts of one webhook that began within a bucket and had the same result. Attempts of testWebhook are not
 * included.
 */
export interface AttemptCount {
  webhookId: string
  bucket: number
  /** Null for successes. */
  errorKind: ErrorKind | null
  /** The status code of a failure; null if there was no response. */
  statusCode: number | null
  /** The number of the latency bucket of a success (latency.ts); null for failures. */
  latency: number | null
  count: number
  /** The id of the newest attempt. */
  newest: string
}

/** The columns that group an attempt `a` in the totals. */
const COUNTED = `coalesce(a.error_kind::text, '') AS error_kind,
  CASE WHEN a.error_kind IS NULL THEN 0 ELSE coalesce(a.status_code, 0) END AS status_code,
  CASE WHEN a.error_kind IS NULL THEN latency_bucket(a.duration_ms) ELSE -1 END AS latency`

/**
 * Counts attempts by webhook, error and latency between `edges` (milliseconds since 1970, ascending). The counts are
 * exact: complete spans come from the totals, the rest from the rows. `read` must use one snapshot.
 */
export async function countAttempts(
  read: Read,
  webhookIds: readonly string[],
  edges: readonly number[],
  now: number,
): Promise<AttemptCount[]> {
  const [progress] = await read<{ until: string }>(`SELECT until FROM totals_progress WHERE name = 'attempts'`)
  const until = Number(progress?.until ?? 0)
  const { whole, rest } = splitIntoBuckets(edges, { finestFrom: now - DETAILED_MINUTES_MS, until })

  const values: unknown[] = []
  const value = sqlValues(values)
  const webhooks = `${value(webhookIds)}::uuid[]`
  const column = (field: 'span' | 'from' | 'to' | 'bucket') => `${value(whole.map((piece) => piece[field]))}::int[]`
  const ids = (instants: number[]) => `${value(instants.map(uuidFloor))}::uuid[]`
  const bucketOfId = `greatest(width_bucket(a.id, ${ids(edges.slice(0, -1))}), 1) - 1`
  const groups = 'webhook_id, bucket, error_kind, status_code, latency'
  // OFFSET 0 is an optimisation fence, so that each piece is read as a range of the totals' key.
  const statements = [
    `SELECT w.id AS webhook_id, p.bucket, t.error_kind, t.status_code, t.latency, t.count, t.newest::text
       FROM unnest(${webhooks}) AS w(id) CROSS JOIN unnest(${column('span')}, ${column('from')}, ${column('to')}, ${column('bucket')}) AS p(span, first, last, bucket)
       CROSS JOIN LATERAL (SELECT * FROM attempt_totals t WHERE t.webhook_id = w.id AND t.span = p.span AND t.start >= p.first AND t.start < p.last OFFSET 0) AS t`,
    `SELECT a.webhook_id, p.bucket, ${COUNTED}, 1, a.id::text
       FROM unnest(${ids(whole.map(({ from }) => from * MINUTE_MS))}, ${ids(whole.map(({ to }) => Math.min(to * MINUTE_MS, until)))}, ${column('bucket')}) AS p(low, high, bucket)
       JOIN attempt_notes a ON a.id >= p.low AND a.id < p.high WHERE a.webhook_id = ANY(${webhooks})`,
    `SELECT a.webhook_id, ${bucketOfId}, ${COUNTED}, 1, a.id::text
       FROM unnest(${ids(rest.map(({ from }) => from))}, ${ids(rest.map(({ to }) => to))}) AS r(low, high)
       CROSS JOIN LATERAL (SELECT a.id, a.webhook_id, a.error_kind, a.status_code, a.duration_ms FROM delivery_attempts a
         WHERE a.id >= r.low AND a.id < r.high AND a.delivery_id IS NOT NULL AND a.webhook_id = ANY(${webhooks}) OFFSET 0) AS a`,
  ]
  return read<AttemptCount>(
    `SELECT webhook_id AS "webhookId", bucket, nullif(error_kind, '')::"ErrorKind" AS "errorKind", nullif(status_code, 0) AS "statusCode",
       nullif(latency, -1) AS latency, sum(count)::int AS count, max(newest) AS newest
     FROM (${statements.join('\n UNION ALL ')}) AS c(webhook_id, bucket, error_kind, status_code, latency, count, newest) GROUP BY ${groups}`,
    values,
  )
}

/**
 * When the oldest attempt of these webhooks began, in milliseconds, rounded down to the hour. Null if there is none.
 */
export async function firstAttemptAt(read: Read, webhookIds: readonly string[]): Promise<number | null> {
  const [row] = await read<{ start: number | null; until: string }>(
    `SELECT (SELECT min(t.start) FROM unnest($1::uuid[]) AS w(id) CROSS JOIN LATERAL (
         SELECT start FROM attempt_totals t WHERE t.webhook_id = w.id AND t.span = 60 ORDER BY t.start LIMIT 1) AS t) AS start,
       (SELECT until FROM totals_progress WHERE name = 'attempts') AS until`,
    [webhookIds],
  )
  if (row?.start != null) return row.start * MINUTE_MS
  const [first] = await read<{ at: Date | null }>(
    `SELECT min(started_at) AS at FROM delivery_attempts WHERE id >= $2::uuid AND webhook_id = ANY ($1::uuid[]) AND delivery_id IS NOT NULL`,
    [webhookIds, uuidFloor(Number(row?.until ?? 0))],
  )
  return first?.at?.getTime() ?? null
}
