import { DeliveryStatus } from '../../../prisma/generated/client/enums.ts'
import type { Identity } from '../access/identity.ts'
import type { Core } from '../kit/core.ts'
import { uuidFloor, uuidTime } from '../kit/ids.ts'
import { type Read, snapshot } from '../kit/snapshot.ts'
import { boundsOf, edgesOf } from '../kit/spans.ts'
import { checkBuckets, fillBuckets } from '../kit/timeline.ts'
import { countMade, firstTotalled, totalled } from './totals.ts'
import { type DeliveryFilter, type DeliveryQuery, deliveryQuery, deliveryWhere } from './where.ts'

export interface OpenCounts {
  pending: number
  nearFailure: number
  oldestPendingAt: Date | null
}

export interface FinalCounts {
  delivered: number
  deadLetter: number
  cancelled: number
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
  const open = once(() => (query ? readOpen(core, query) : Promise.resolve(NONE_OPEN)))
  const final = once(() => (query ? readFinal(core, query) : Promise.resolve(NONE_FINAL)))
  return {
    open,
    final,
    async successRate() {
      const { delivered, deadLetter } = await final()
      return delivered + deadLetter === 0 ? null : delivered / (delivered + deadLetter)
    },
    deliveredPerSecond: once(() => (query ? readRate(core, query, now) : Promise.resolve(0))),
    latencyP95Ms: once(() => (query ? readLatency(core, query) : Promise.resolve(null))),
    async timeline(buckets) {
      return readTimeline(core, query, now, checkBuckets(buckets))
    },
  }
}

const NONE_OPEN = { pending: 0, nearFailure: 0, failed: 0, oldestPendingAt: null }
const NONE_FINAL = { delivered: 0, deadLetter: 0, cancelled: 0 }

function once<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined
  return () => {
    value ??= read()
    return value
  }
}

/** How many deliveries a query leaves. */
export async function countDeliveries(core: Core, query: DeliveryQuery): Promise<number> {
  const { from, to } = boundsOf(query)
  const [row] = await reading(core, query, (read) => countStatuses(core, read, query, [from, to]))
  if (!row) return 0
  return row.delivered + row.deadLetter + row.cancelled + row.pending + row.failed
}

async function readFinal(core: Core, query: DeliveryQuery): Promise<FinalCounts> {
  const { from, to } = boundsOf(query)
  const [row] = await reading(core, query, (read) => countStatuses(core, read, query, [from, to]))
  return row ?? NONE_FINAL
}

const reading = <T>(core: Core, query: DeliveryQuery, work: (read: Read) => Promise<T>) =>
  snapshot(core, work, { ranges: totalled(query) })

async function readOpen(core: Core, query: DeliveryQuery): Promise<OpenCounts & { failed: number }> {
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  // The condition on status is that of a partial index: what is finished is not looked at.
  const [row] = await reading(core, query, (read) =>
    read<OpenCounts & { failed: number }>(
      `SELECT count(*)::int AS pending, count(*) FILTER (WHERE d.status = 'FAILED')::int AS failed,
         count(*) FILTER (WHERE d.attempt_count > 0 AND d.max_attempts - d.attempt_count = 1)::int AS "nearFailure",
         min(d.created_at) AS "oldestPendingAt"
       FROM deliveries d WHERE d.status IN ('PENDING', 'FAILED') AND ${where}`,
      values,
    ),
  )
  return row ?? NONE_OPEN
}

/** Deliveries made within a bucket, by what they are now. */
interface StatusCount extends FinalCounts {
  bucket: number
  /** Not tried yet, so without those that failed. */
  pending: number
  failed: number
}

/**
 * Counts by status between `edges`; empty buckets may be left out. Of the totals, those delivered are what is left when
 * those that ended badly and the open ones are taken off: both are few, and have indexes of their own.
 */
async function countStatuses(
  core: Core,
  read: Read,
  query: DeliveryQuery,
  edges: readonly number[],
): Promise<StatusCount[]> {
  const made = totalled(query) ? await countMade(core, read, query, edges) : null
  const values: unknown[] = []
  const condition = made ? deliveryWhere({ ...query, statuses: OPEN }, values) : deliveryWhere(query, values)
  const thresholds = `$${values.push(edges.slice(0, -1).map(uuidFloor))}::uuid[]`
  const looked = await read<{ bucket: number; status: DeliveryStatus; count: number }>(
    `SELECT greatest(width_bucket(d.id, ${thresholds}), 1) - 1 AS bucket, d.status, count(*)::int AS count
     FROM deliveries d WHERE ${condition} GROUP BY 1, 2`,
    values,
  )
  const found = new Map<number, StatusCount>()
  const of = (bucket: number) => {
    const row = found.get(bucket) ?? { bucket, delivered: 0, deadLetter: 0, cancelled: 0, pending: 0, failed: 0 }
    found.set(bucket, row)
    return row
  }
  for (const { bucket, made: all, deadLetter, cancelled } of made ?? []) {
    const row = of(bucket)
    row.delivered += all - deadLetter - cancelled
    row.deadLetter += deadLetter
    row.cancelled += cancelled
  }
  for (const { bucket, status, count } of looked) {
    const row = of(bucket)
    row[COUNTED_AS[status]] += count
    if (made) row.delivered -= count
  }
  const wanted = query.statuses && new Set(query.statuses.map((status) => COUNTED_AS[status]))
  if (wanted) {
    for (const row of found.values()) for (const name of Object.values(COUNTED_AS)) if (!wanted.has(name)) row[name] = 0
  }
  return [...found.values()]
}

const OPEN = [DeliveryStatus.PENDING, DeliveryStatus.FAILED]

const COUNTED_AS = {
  PENDING: 'pending',
  FAILED: 'failed',
  DELIVERED: 'delivered',
  DEAD_LETTER: 'deadLetter',
  CANCELLED: 'cancelled',
} as const satisfies Record<DeliveryStatus, keyof StatusCount>

async function readRate(core: Core, query: DeliveryQuery, now: number): Promise<number> {
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  const since = now - RATE_SECONDS * 1_000
  const attempts = `$${values.push(uuidFloor(since - LONGEST_REQUEST_MS))}::uuid`
  const completed = `$${values.push(new Date(since).toISOString())}::timestamptz`
  // By the attempts of the last minutes, which are a range of ids: a delivery may have been made days before it arrived.
  const [row] = await snapshot(
    core,
    (read) =>
      read<{ n: number }>(
        `SELECT count(*)::int AS n FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id
         WHERE a.id >= ${attempts} AND a.error_kind IS NULL AND d.status = 'DELIVERED' AND d.completed_at >= ${completed} AND ${where}`,
        values,
      ),
    { ranges: true },
  )
  return (row?.n ?? 0) / RATE_SECONDS
}

async function readLatency(core: Core, query: DeliveryQuery): Promise<number | null> {
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  const [row] = await snapshot(core, (read) =>
    read<{ p95: number | null }>(
      `SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) AS p95 FROM (
         SELECT extract(epoch FROM d.completed_at - d.created_at)::float8 * 1000 AS ms FROM deliveries d
         WHERE d.status = 'DELIVERED' AND d.attempt_count = 1 AND d.replay_of_id IS NULL AND ${where}
         ORDER BY d.id DESC LIMIT ${LATENCY_SAMPLE}) AS newest`,
      values,
    ),
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
  const { line, rows } = query
    ? await reading(core, query, async (read) => {
        const start = query.since ?? (await firstMade(read, query)) ?? end - DAY_MS
        const line = { start, end, buckets }
        return { line, rows: await countStatuses(core, read, query, edgesOf(line, boundsOf(query).to)) }
      })
    : { line: { start: end - DAY_MS, end, buckets }, rows: [] }
  return fillBuckets(line, rows, (row) => ({
    delivered: row?.delivered ?? 0,
    failed: row?.failed ?? 0,
    deadLetter: row?.deadLetter ?? 0,
  }))
}

async function firstMade(read: Read, query: DeliveryQuery): Promise<number | null> {
  // The totals know when something was made, not what became of it.
  const first = totalled(query) && query.statuses === null ? await firstTotalled(read, query) : undefined
  if (first !== undefined) return first === null ? null : uuidTime(first)
  const values: unknown[] = []
  const [row] = await read<{ id: string }>(
    `SELECT d.id FROM deliveries d WHERE ${deliveryWhere(query, values)} ORDER BY d.id LIMIT 1`,
    values,
  )
  return row ? uuidTime(row.id) : null
}
