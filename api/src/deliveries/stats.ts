import type { Identity } from '../access/identity.ts'
import type { Core } from '../kit/core.ts'
import { uuidFloor, uuidTime } from '../kit/ids.ts'
import { bucketSql, checkBuckets, fillBuckets } from '../kit/timeline.ts'
import { type DeliveryFilter, type DeliveryQuery, deliveryQuery, deliveryWhere } from './where.ts'

export interface OpenCounts {
  pending: number
  nearFailure: number
  oldestPendingAt: Date | null
}

export interface FinalCounts {
  delivered: number
  deadLetter: number
}

export interface DeliveryBucket {
  start: Date
  delivered: number
  failed: number
  deadLetter: number
}

/** Figures over the deliveries that a filter leaves. Each is read when it is asked for, and what one statement answers once. */
export interface DeliveryStats {
  open(): Promise<OpenCounts & { failed: number }>
  final(): Promise<FinalCounts>
  /** Part of the finished deliveries that arrived; null when none is finished. */
  successRate(): Promise<number | null>
  deliveredPerSecond(): Promise<number>
  /** Milliseconds from published to delivered, of those that arrived at the first attempt; null when there are none. */
  latencyP95Ms(): Promise<number | null>
  timeline(buckets: number): Promise<DeliveryBucket[]>
}

/** Of how many of the newest deliveries the latency is worked out: a sort of all of them would take seconds. */
export const LATENCY_SAMPLE = 50_000
/** Over how long `deliveredPerSecond` looks back. */
const RATE_SECONDS = 60
/** No request takes longer: an attempt that ended within the last minute began at most this long before it. */
const LONGEST_REQUEST_MS = 120_000
const DAY_MS = 86_400_000

/** Checks the filter at once (BAD_USER_INPUT); another tenant's figures are those of nothing. */
export function deliveryStats(core: Core, identity: Identity, filter?: DeliveryFilter | null): DeliveryStats {
  const now = core.clock()
  const query = deliveryQuery(identity, filter, now)
  const open = once(() => readOpen(core, query))
  const final = once(() => readFinal(core, query))
  return {
    open,
    final,
    async successRate() {
      const { delivered, deadLetter } = await final()
      return delivered + deadLetter === 0 ? null : delivered / (delivered + deadLetter)
    },
    deliveredPerSecond: once(() => readRate(core, query, now)),
    latencyP95Ms: once(() => readLatency(core, query)),
    async timeline(buckets) {
      return readTimeline(core, query, now, checkBuckets(buckets))
    },
  }
}

function once<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined
  return () => {
    value ??= read()
    return value
  }
}

async function readOpen(core: Core, query: DeliveryQuery | null): Promise<OpenCounts & { failed: number }> {
  const nothing = { pending: 0, nearFailure: 0, failed: 0, oldestPendingAt: null }
  if (!query) return nothing
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  // The condition on status is that of a partial index: what is finished is not looked at.
  const [row] = await core.db.query<OpenCounts & { failed: number }>(
    `SELECT count(*)::int AS pending, count(*) FILTER (WHERE d.status = 'FAILED')::int AS failed,
       count(*) FILTER (WHERE d.attempt_count > 0 AND d.max_attempts - d.attempt_count = 1)::int AS "nearFailure",
       min(d.created_at) AS "oldestPendingAt"
     FROM deliveries d WHERE d.status IN ('PENDING', 'FAILED') AND ${where}`,
    values,
  )
  return row ?? nothing
}

async function readFinal(core: Core, query: DeliveryQuery | null): Promise<FinalCounts> {
  const nothing = { delivered: 0, deadLetter: 0 }
  if (!query) return nothing
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  const [row] = await core.db.query<FinalCounts>(
    `SELECT count(*) FILTER (WHERE d.status = 'DELIVERED')::int AS delivered,
       count(*) FILTER (WHERE d.status = 'DEAD_LETTER')::int AS "deadLetter"
     FROM deliveries d WHERE ${where}`,
    values,
  )
  return row ?? nothing
}

async function readRate(core: Core, query: DeliveryQuery | null, now: number): Promise<number> {
  if (!query) return 0
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  const since = now - RATE_SECONDS * 1_000
  const attempts = `$${values.push(uuidFloor(since - LONGEST_REQUEST_MS))}::uuid`
  const completed = `$${values.push(new Date(since).toISOString())}::timestamptz`
  // By the attempts of the last minutes, which are a range of ids: a delivery may have been made days before it arrived.
  const [row] = await core.db.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id
     WHERE a.id >= ${attempts} AND a.error_kind IS NULL AND d.status = 'DELIVERED' AND d.completed_at >= ${completed} AND ${where}`,
    values,
  )
  return (row?.n ?? 0) / RATE_SECONDS
}

async function readLatency(core: Core, query: DeliveryQuery | null): Promise<number | null> {
  if (!query) return null
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  const [row] = await core.db.query<{ p95: number | null }>(
    `SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) AS p95 FROM (
       SELECT extract(epoch FROM d.completed_at - d.created_at)::float8 * 1000 AS ms FROM deliveries d
       WHERE d.status = 'DELIVERED' AND d.attempt_count = 1 AND d.replay_of_id IS NULL AND ${where}
       ORDER BY d.id DESC LIMIT ${LATENCY_SAMPLE}) AS newest`,
    values,
  )
  return row?.p95 ?? null
}

async function readTimeline(
  core: Core,
  query: DeliveryQuery | null,
  now: number,
  buckets: number,
): Promise<DeliveryBucket[]> {
  const end = Math.min(query?.until ?? Number.POSITIVE_INFINITY, now)
  const start = query?.since ?? (query && (await firstCreated(core, query))) ?? end - DAY_MS
  const rows = query ? await readBuckets(core, query, { start, end, buckets }) : []
  return fillBuckets({ start, end, buckets }, rows, (row) => ({
    delivered: row?.delivered ?? 0,
    failed: row?.failed ?? 0,
    deadLetter: row?.deadLetter ?? 0,
  }))
}

function readBuckets(
  core: Core,
  query: DeliveryQuery,
  { start, end, buckets }: { start: number; end: number; buckets: number },
) {
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  const value = (given: number) => `$${values.push(given)}`
  const bucket = bucketSql('d.created_at', value(start), value(end), value(buckets))
  return core.db.query<{ bucket: number } & Omit<DeliveryBucket, 'start'>>(
    `SELECT ${bucket} AS bucket, count(*) FILTER (WHERE d.status = 'DELIVERED')::int AS delivered,
       count(*) FILTER (WHERE d.status = 'FAILED')::int AS failed, count(*) FILTER (WHERE d.status = 'DEAD_LETTER')::int AS "deadLetter"
     FROM deliveries d WHERE ${where} GROUP BY 1`,
    values,
  )
}

async function firstCreated(core: Core, query: DeliveryQuery): Promise<number | null> {
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  const [row] = await core.db.query<{ id: string }>(
    `SELECT d.id FROM deliveries d WHERE ${where} ORDER BY d.id LIMIT 1`,
    values,
  )
  return row ? uuidTime(row.id) : null
}
