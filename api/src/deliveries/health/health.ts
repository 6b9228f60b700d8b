import type { CircuitState, ErrorKind, WebhookState } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { type Read, snapshot } from '../../db/snapshot.ts'
import { bucketEdges } from '../../db/time-buckets.ts'
import { fillBuckets } from '../../db/timeline.ts'
import { groupBy } from '../../kit/group-by.ts'
import { uuidTime } from '../../kit/ids.ts'
import { deliveriesOf } from '../read/delivery-filter.ts'
import { type AttemptCount, countAttempts, firstAttemptAt } from '../totals/attempts.ts'
import { addToHistogram, latencyQuantile } from '../totals/latency.ts'
import { countOutcomes } from '../totals/outcomes.ts'

export type HealthStatus = 'OK' | 'DEGRADED' | 'DOWN' | 'UNKNOWN'

/** Failed attempts with the same error. */
export interface HealthError {
  errorKind: ErrorKind
  statusCode: number | null
  count: number
  lastAt: Date
}

/**
 * Results of a webhook's attempts within a time range. Attempts of testWebhook are not included. Latencies are those of
 * successful attempts.
 */
export interface AttemptFigures {
  delivered: number
  failed: number
  latencyP50Ms: number | null
  latencyP95Ms: number | null
  /** Most frequent first. */
  errors: HealthError[]
}

export interface HealthNumbers extends AttemptFigures {
  total: number
  deadLetter: number
  lastSuccessAt: Date | null
  lastFailureAt: Date | null
  lastError: string | null
}

export interface HealthBucket extends AttemptFigures {
  start: Date
}

/** A webhook is OK if at least this share of its attempts succeeded. */
const OK_RATE = 0.99

/**
 * DOWN: disabled, circuit not closed, or all attempts failed. UNKNOWN: no attempts. DEGRADED: fewer than 99 % of the
 * attempts succeeded. PAUSED is ignored, because it says nothing about the receiver.
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

const NO_FIGURES: AttemptFigures = { delivered: 0, failed: 0, latencyP50Ms: null, latencyP95Ms: null, errors: [] }

export const NO_ATTEMPTS: HealthNumbers = {
  ...NO_FIGURES,
  total: 0,
  deadLetter: 0,
  lastSuccessAt: null,
  lastFailureAt: null,
  lastError: null,
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Sums counts of attempts, which the totals store by error and by latency. */
export function figuresOf(counts: readonly AttemptCount[]): AttemptFigures {
  const latencies = new Map<number, number>()
  const errors = new Map<string, HealthError>()
  let delivered = 0
  let failed = 0
  for (const { errorKind, statusCode, latency, count, newest } of counts) {
    if (errorKind === null) {
      delivered += count
      if (latency !== null) addToHistogram(latencies, latency, count)
      continue
    }
    failed += count
    const key = `${errorKind} ${statusCode}`
    const at = new Date(uuidTime(newest))
    const entry = errors.get(key)
    errors.set(key, {
      errorKind,
      statusCode,
      count: (entry?.count ?? 0) + count,
      lastAt: entry && entry.lastAt > at ? entry.lastAt : at,
    })
  }
  return {
    delivered,
    failed,
    latencyP50Ms: latencyQuantile(latencies, 0.5),
    latencyP95Ms: latencyQuantile(latencies, 0.95),
    errors: [...errors.values()].sort((a, b) => b.count - a.count || b.lastAt.getTime() - a.lastAt.getTime()),
  }
}

/**
 * Figures by webhook id, from `since` to now (null: since the first stored attempt). Webhooks without attempts and dead
 * letters are omitted.
 */
export async function readHealth(
  core: AppContext,
  webhookIds: readonly string[],
  since: number | null,
): Promise<Map<string, HealthNumbers>> {
  const now = core.clock()
  return snapshot(core, async (read) => {
    const edges = [since ?? (await firstAttemptAt(read, webhookIds)) ?? now, now + HOUR_MS]
    const counts = byWebhook(await countAttempts(read, webhookIds, edges, now))
    const dead = await countDead(read, webhookIds, since ?? 0, now)
    const errors = await readErrors(
      read,
      [...counts.values()].flatMap((webhookCounts) => newestOf(webhookCounts, isFailure) ?? []),
    )
    return new Map(
      webhookIds.flatMap((id): Array<[string, HealthNumbers]> => {
        const webhookCounts = counts.get(id) ?? []
        const deadLetter = dead.get(id) ?? 0
        if (webhookCounts.length === 0 && deadLetter === 0) return []
        const figures = figuresOf(webhookCounts)
        const failure = newestOf(webhookCounts, isFailure)
        return [
          [
            id,
            {
              ...figures,
              total: figures.delivered + figures.failed,
              deadLetter,
              lastSuccessAt: dateOf(newestOf(webhookCounts, isSuccess)),
              lastFailureAt: dateOf(failure),
              lastError: failure === null ? null : (errors.get(failure) ?? null),
            },
          ],
        ]
      }),
    )
  })
}

const isSuccess = ({ errorKind }: AttemptCount) => errorKind === null
const isFailure = ({ errorKind }: AttemptCount) => errorKind !== null
const dateOf = (id: string | null) => (id === null ? null : new Date(uuidTime(id)))

function newestOf(counts: readonly AttemptCount[], which: (count: AttemptCount) => boolean): string | null {
  const ids = counts.filter(which).map(({ newest }) => newest)
  return ids.length === 0 ? null : ids.reduce((a, b) => (a > b ? a : b))
}

async function readErrors(read: Read, attemptIds: readonly string[]): Promise<Map<string, string | null>> {
  const rows = await read<{ id: string; error: string | null }>(
    'SELECT id, error FROM delivery_attempts WHERE id = ANY($1::uuid[])',
    [attemptIds],
  )
  return new Map(rows.map(({ id, error }) => [id, error]))
}

async function countDead(
  read: Read,
  webhookIds: readonly string[],
  from: number,
  now: number,
): Promise<Map<string, number>> {
  const rows =
    (await countOutcomes(read, deliveriesOf(webhookIds, now), [from, now + HOUR_MS], { byWebhook: true })) ??
    (await read<{ webhookId: string; deadLetter: number }>(
      `SELECT webhook_id AS "webhookId", count(*)::int AS "deadLetter" FROM deliveries
       WHERE status = 'DEAD_LETTER' AND webhook_id = ANY($1::uuid[]) AND changed_at >= $2 GROUP BY 1`,
      [webhookIds, new Date(from).toISOString()],
    ))
  const dead = new Map<string, number>()
  for (const { webhookId, deadLetter } of rows)
    if (webhookId !== null) dead.set(webhookId, (dead.get(webhookId) ?? 0) + deadLetter)
  return dead
}

const byWebhook = (counts: readonly AttemptCount[]) => groupBy(counts, ({ webhookId }) => webhookId)

/**
 * Attempts over time by webhook id, from `since` to now, in `buckets` buckets of about equal length. Empty buckets are
 * included. If `since` is null, the range starts at the first stored attempt, or a day ago if there is none.
 */
export async function readHealthTimeline(
  core: AppContext,
  webhookIds: readonly string[],
  since: number | null,
  buckets: number,
): Promise<Map<string, HealthBucket[]>> {
  const end = core.clock()
  const { start, counts } = await snapshot(core, async (read) => {
    const start = since ?? (await firstAttemptAt(read, webhookIds)) ?? end - DAY_MS
    const edges = bucketEdges({ start, end, buckets }, end + HOUR_MS)
    return { start, counts: byWebhook(await countAttempts(read, webhookIds, edges, end)) }
  })
  return new Map(
    webhookIds.map((id) => {
      const countsByBucket = groupBy(counts.get(id) ?? [], ({ bucket }) => bucket)
      const rows = [...countsByBucket].map(([bucket, counts]) => ({ bucket, ...figuresOf(counts) }))
      return [id, fillBuckets({ start, end, buckets }, rows, (row) => ({ ...NO_FIGURES, ...row }))]
    }),
  )
}
