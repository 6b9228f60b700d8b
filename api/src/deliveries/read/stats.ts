import type { DeliveryStatus } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { type Read, snapshot } from '../../db/snapshot.ts'
import { bucketEdges, timeBounds } from '../../db/time-buckets.ts'
import { checkBuckets, fillBuckets } from '../../db/timeline.ts'
import type { Identity } from '../../identity/identity.ts'
import { uuidFloor, uuidTime } from '../../kit/ids.ts'
import { memoize, memoizeBy } from '../../kit/memoize.ts'
import { countMade, firstTotalled, isTotalled, oldestOpen } from './count.ts'
import { type DeliveryFilter, type DeliveryQuery, deliveryQuery, deliveryWhere } from './delivery-filter.ts'

export interface OpenCounts {
  /** PENDING and FAILED. */
  pending: number
  failed: number
  nearFailure: number
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

/** Figures over the deliveries that a filter leaves. Each is read when it is asked for, and what one statement answers once, however many ask. */
export interface DeliveryStats {
  open(): Promise<OpenCounts>
  oldestPendingAt(): Promise<Date | null>
  final(): Promise<FinalCounts>
  /** Part of the finished deliveries that arrived; null when none is finished. */
  successRate(): Promise<number | null>
  deliveredPerSecond(): Promise<number>
  /** Milliseconds from published to delivered, of those that arrived at the first attempt; null when there are none. */
  latencyP95Ms(): Promise<number | null>
  timeline(buckets: number): Promise<DeliveryBucket[]>
}

/** Of how many of the newest deliveries the latency is worked out: a sort of all of them would take seconds. */
export const LATENCY_SAMPLE = 10_000
/** Over how long `deliveredPerSecond` looks back. */
const RATE_SECONDS = 60
/** No request takes longer: an attempt that ended within the last minute began at most this long before it. */
const LONGEST_REQUEST_MS = 120_000
const DAY_MS = 86_400_000

/** Checks the filter at once (BAD_USER_INPUT); another tenant's figures are those of nothing. */
export function deliveryStats(core: AppContext, identity: Identity, filter?: DeliveryFilter | null): DeliveryStats {
  const now = core.clock()
  const query = deliveryQuery(identity, filter, now)
  const counts = memoize(async () => (query && (await readCounts(core, query))) ?? NONE)
  // Where the totals do not know what is asked, all that matches is looked at: what is open has an index of its own.
  const open = memoize(async () => (query && !isTotalled(query) ? readOpen(core, query) : counts()))
  const final = counts
  return {
    open,
    final,
    oldestPendingAt: memoize(() => (query ? readOldest(core, query) : Promise.resolve(null))),
    async successRate() {
      const { delivered, deadLetter } = await final()
      return delivered + deadLetter === 0 ? null : delivered / (delivered + deadLetter)
    },
    deliveredPerSecond: memoize(() => (query ? readRate(core, query, now) : Promise.resolve(0))),
    latencyP95Ms: memoize(() => (query ? readLatency(core, query) : Promise.resolve(null))),
    timeline: memoizeBy(async (buckets) => readTimeline(core, query, now, checkBuckets(buckets))),
  }
}

/** How many deliveries a query leaves. */
export async function countDeliveries(core: AppContext, query: DeliveryQuery): Promise<number> {
  const { delivered, deadLetter, cancelled, pending } = (await readCounts(core, query)) ?? NONE
  return delivered + deadLetter + cancelled + pending
}

async function readCounts(core: AppContext, query: DeliveryQuery): Promise<StatusCount | undefined> {
  const { from, to } = timeBounds(query)
  const [row] = await reading(core, query, (read) => countStatuses(core, read, query, [from, to]))
  return row
}

const reading = <T>(core: AppContext, query: DeliveryQuery, work: (read: Read) => Promise<T>) =>
  snapshot(core, work, { ranges: isTotalled(query) })

const NEAR_FAILURE = 'd.attempt_count > 0 AND d.max_attempts - d.attempt_count = 1'

async function readOpen(core: AppContext, query: DeliveryQuery): Promise<OpenCounts> {
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  // The condition on status is that of a partial index: what is finished is not looked at.
  const [row] = await reading(core, query, (read) =>
    read<OpenCounts>(
      `SELECT count(*)::int AS pending, count(*) FILTER (WHERE d.status = 'FAILED')::int AS failed,
         count(*) FILTER (WHERE ${NEAR_FAILURE})::int AS "nearFailure"
       FROM deliveries d WHERE d.status IN ('PENDING', 'FAILED') AND ${where}`,
      values,
    ),
  )
  return row ?? NONE
}

function readOldest(core: AppContext, query: DeliveryQuery): Promise<Date | null> {
  return reading(core, query, async (read) => {
    const found = isTotalled(query) ? await oldestOpen(read, query) : undefined
    if (found !== undefined) return found
    const values: unknown[] = []
    const [row] = await read<{ at: Date | null }>(
      `SELECT min(d.created_at) AS at FROM deliveries d WHERE d.status IN ('PENDING', 'FAILED') AND ${deliveryWhere(query, values)}`,
      values,
    )
    return row?.at ?? null
  })
}

/** Deliveries made within a bucket, by what they are now. */
interface StatusCount extends OpenCounts, FinalCounts {
  bucket: number
}

const NONE: StatusCount = {
  bucket: 0,
  pending: 0,
  failed: 0,
  nearFailure: 0,
  delivered: 0,
  deadLetter: 0,
  cancelled: 0,
}

/**
 * Counts by status between `edges`; empty buckets may be left out. The totals know what is open, but not what of that has
 * failed before: those are counted by their index.
 */
async function countStatuses(
  core: AppContext,
  read: Read,
  query: DeliveryQuery,
  edges: readonly number[],
): Promise<StatusCount[]> {
  const wants = (status: DeliveryStatus) => query.statuses === null || query.statuses.includes(status)
  const made = isTotalled(query) ? await countMade(core, read, query, edges) : null
  const looked =
    made === null
      ? await look(read, query, edges)
      : wants('FAILED') || wants('PENDING')
        ? await look(read, { ...query, statuses: ['FAILED'] }, edges)
        : []
  const found = new Map<number, StatusCount>()
  const of = (bucket: number) => {
    const row = found.get(bucket) ?? { ...NONE, bucket }
    found.set(bucket, row)
    return row
  }
  for (const { bucket, ...counted } of made ?? []) {
    const row = of(bucket)
    const ended = counted.delivered + counted.deadLetter + counted.cancelled
    if (wants('PENDING')) row.pending += counted.made - ended
    if (wants('DELIVERED')) row.delivered += counted.delivered
    if (wants('DEAD_LETTER')) row.deadLetter += counted.deadLetter
    if (wants('CANCELLED')) row.cancelled += counted.cancelled
  }
  for (const { bucket, status, count, nearFailure } of looked) {
    const row = of(bucket)
    if (status === 'DELIVERED') row.delivered += count
    else if (status === 'DEAD_LETTER') row.deadLetter += count
    else if (status === 'CANCELLED') row.cancelled += count
    else {
      // The open ones of the totals have those that failed among them.
      if (made === null || !wants('PENDING')) row.pending += count
      else if (!wants(status)) row.pending -= count
      if (status === 'FAILED' && wants(status)) row.failed += count
      if (wants(status)) row.nearFailure += nearFailure
    }
  }
  return [...found.values()]
}

function look(read: Read, query: DeliveryQuery, edges: readonly number[]) {
  const values: unknown[] = []
  const where = deliveryWhere(query, values)
  const thresholds = `$${values.push(edges.slice(0, -1).map(uuidFloor))}::uuid[]`
  return read<{ bucket: number; status: DeliveryStatus; count: number; nearFailure: number }>(
    `SELECT greatest(width_bucket(d.id, ${thresholds}), 1) - 1 AS bucket, d.status, count(*)::int AS count,
       count(*) FILTER (WHERE ${NEAR_FAILURE})::int AS "nearFailure"
     FROM deliveries d WHERE ${where} GROUP BY 1, 2`,
    values,
  )
}

async function readRate(core: AppContext, query: DeliveryQuery, now: number): Promise<number> {
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

async function readLatency(core: AppContext, query: DeliveryQuery): Promise<number | null> {
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
  core: AppContext,
  query: DeliveryQuery | null,
  now: number,
  buckets: number,
): Promise<DeliveryBucket[]> {
  const end = Math.min(query?.until ?? Number.POSITIVE_INFINITY, now)
  const { line, rows } = query
    ? await reading(core, query, async (read) => {
        const start = query.since ?? (await firstMade(read, query)) ?? end - DAY_MS
        const line = { start, end, buckets }
        return { line, rows: await countStatuses(core, read, query, bucketEdges(line, timeBounds(query).to)) }
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
  const first = isTotalled(query) && query.statuses === null ? await firstTotalled(read, query) : undefined
  if (first !== undefined) return first === null ? null : uuidTime(first)
  const values: unknown[] = []
  const [row] = await read<{ id: string }>(
    `SELECT d.id FROM deliveries d WHERE ${deliveryWhere(query, values)} ORDER BY d.id LIMIT 1`,
    values,
  )
  return row ? uuidTime(row.id) : null
}
