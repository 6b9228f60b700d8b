import type { CircuitState, WebhookState } from '../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../app-context.ts'
import { type Read, snapshot } from '../db/snapshot.ts'
import { bucketSql, fillBuckets } from '../db/timeline.ts'
import { uuidFloor } from '../kit/ids.ts'

export type HealthStatus = 'OK' | 'DEGRADED' | 'DOWN' | 'UNKNOWN'

/** Results of a webhook's attempts within a window, without its tests. */
export interface HealthNumbers {
  total: number
  delivered: number
  failed: number
  deadLetter: number
  latencyP50Ms: number | null
  latencyP95Ms: number | null
  lastSuccessAt: Date | null
  lastFailureAt: Date | null
  lastError: string | null
}

export interface HealthBucket {
  start: Date
  delivered: number
  failed: number
  latencyP50Ms: number | null
  latencyP95Ms: number | null
}

/** Share of successful attempts from which a webhook is OK. */
const OK_RATE = 0.99

/**
 * DOWN: disabled, circuit not closed, or only failures. UNKNOWN: no attempts. DEGRADED: fewer than 99 % of the
 * attempts succeeded. Pausing says nothing about the receiver.
 */
export function healthStatus(
  webhook: { state: WebhookState; circuit: CircuitState },
  { total, delivered }: Pick<HealthNumbers, 'total' | 'delivered'>,
): HealthStatus {
  if (webhook.state === 'DISABLED' || webhook.circuit !== 'CLOSED') return 'DOWN'
  if (total === 0) return 'UNKNOWN'
  if (delivered === 0) return 'DOWN'
  return delivered / total >= OK_RATE ? 'OK' : 'DEGRADED'
}

export const NO_ATTEMPTS: HealthNumbers = {
  total: 0,
  delivered: 0,
  failed: 0,
  deadLetter: 0,
  latencyP50Ms: null,
  latencyP95Ms: null,
  lastSuccessAt: null,
  lastFailureAt: null,
  lastError: null,
}

const ATTEMPTS = `SELECT webhook_id AS id, count(*)::int AS total,
    count(*) FILTER (WHERE error_kind IS NULL)::int AS delivered,
    count(*) FILTER (WHERE error_kind IS NOT NULL)::int AS failed,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE error_kind IS NULL) AS "latencyP50Ms",
    percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE error_kind IS NULL) AS "latencyP95Ms",
    max(started_at) FILTER (WHERE error_kind IS NULL) AS "lastSuccessAt",
    max(started_at) FILTER (WHERE error_kind IS NOT NULL) AS "lastFailureAt",
    -- The error of the greatest id: ids sort by time.
    (max(ARRAY[id::text, error]) FILTER (WHERE error_kind IS NOT NULL))[2] AS "lastError"
  FROM delivery_attempts WHERE id >= $2::uuid AND webhook_id = ANY ($1::uuid[]) AND delivery_id IS NOT NULL
  GROUP BY webhook_id`

// A delivery dies after it was made, at most its time to live later: older ids need not be looked at.
const DEAD = `SELECT webhook_id AS id, count(*)::int AS n FROM deliveries
  WHERE status = 'DEAD_LETTER' AND webhook_id = ANY ($1::uuid[]) AND id >= $2::uuid AND completed_at >= $3
  GROUP BY webhook_id`

const HOUR_MS = 3_600_000
const EPOCH = new Date(0)

/** Numbers by webhook id since an instant (null: of all that is kept). Webhooks without any are left out. */
export async function readHealth(
  core: AppContext,
  webhookIds: readonly string[],
  since: number | null,
): Promise<Map<string, HealthNumbers>> {
  const from = since ?? EPOCH.getTime()
  const bornAfter = from - (core.env.DELIVERY_TTL_HOURS + 1) * HOUR_MS
  const { attempts, dead } = await snapshot(core, async (read) => ({
    attempts: await read<Omit<HealthNumbers, 'deadLetter'> & { id: string }>(ATTEMPTS, [webhookIds, uuidFloor(from)]),
    dead: await read<{ id: string; n: number }>(DEAD, [webhookIds, uuidFloor(bornAfter), new Date(from).toISOString()]),
  }))
  const numbers = new Map<string, HealthNumbers>(attempts.map(({ id, ...row }) => [id, { ...row, deadLetter: 0 }]))
  for (const { id, n } of dead) numbers.set(id, { ...(numbers.get(id) ?? NO_ATTEMPTS), deadLetter: n })
  return numbers
}

const TIMELINE = `SELECT webhook_id AS id, ${bucketSql('started_at', '$3', '$4', '$5')} AS bucket,
    count(*) FILTER (WHERE error_kind IS NULL)::int AS delivered,
    count(*) FILTER (WHERE error_kind IS NOT NULL)::int AS failed,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE error_kind IS NULL) AS "latencyP50Ms",
    percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE error_kind IS NULL) AS "latencyP95Ms"
  FROM delivery_attempts WHERE id >= $2::uuid AND webhook_id = ANY ($1::uuid[]) AND delivery_id IS NOT NULL
  GROUP BY 1, 2`

/**
 * Attempts over time by webhook id, from `since` (null: from the first attempt that is kept, or a day ago) to now, in
 * `buckets` equal pieces, the empty ones included.
 */
export async function readHealthTimeline(
  core: AppContext,
  webhookIds: readonly string[],
  since: number | null,
  buckets: number,
): Promise<Map<string, HealthBucket[]>> {
  const end = core.clock()
  const { start, rows } = await snapshot(core, async (read) => {
    const start = since ?? (await firstAttempt(read, webhookIds)) ?? end - 24 * HOUR_MS
    const values = [webhookIds, uuidFloor(start), start, end, buckets]
    return { start, rows: await read<{ id: string; bucket: number } & Omit<HealthBucket, 'start'>>(TIMELINE, values) }
  })
  const of = new Map<string, typeof rows>()
  for (const row of rows) of.set(row.id, [...(of.get(row.id) ?? []), row])
  return new Map(
    webhookIds.map((id) => [
      id,
      fillBuckets({ start, end, buckets }, of.get(id) ?? [], (row) => ({
        delivered: row?.delivered ?? 0,
        failed: row?.failed ?? 0,
        latencyP50Ms: row?.latencyP50Ms ?? null,
        latencyP95Ms: row?.latencyP95Ms ?? null,
      })),
    ]),
  )
}

async function firstAttempt(read: Read, webhookIds: readonly string[]): Promise<number | null> {
  const [row] = await read<{ at: Date | null }>(
    `SELECT min(started_at) AS at FROM delivery_attempts WHERE webhook_id = ANY ($1::uuid[]) AND delivery_id IS NOT NULL`,
    [webhookIds],
  )
  return row?.at?.getTime() ?? null
}
