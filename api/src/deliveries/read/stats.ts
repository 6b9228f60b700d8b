import type { DeliveryStatus } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { type Read, snapshot } from '../../db/snapshot.ts'
import { bucketEdges } from '../../db/time-buckets.ts'
import { timeBounds } from '../../db/time-range.ts'
import { checkBuckets, fillBuckets } from '../../db/timeline.ts'
import type { Identity } from '../../identity/identity.ts'
import { memoize, memoizeBy } from '../../kit/async/memoize.ts'
import { uuidTime } from '../../kit/ids.ts'
import { firstTotalled } from '../totals/created.ts'
import { isTotalled } from '../totals/narrow.ts'
import { countStatuses, NO_DELIVERIES, type StatusCount } from './count-statuses.ts'
import { type DeliveryFilter, type DeliveryQuery, deliveryQuery, unwindowed } from './delivery-filter.ts'
import { deliveryWhere } from './delivery-where.ts'
import { readLatency, readRate } from './pace.ts'
import { resolveSearch } from './search-sql.ts'
import { countHeld, countOpen, countRecovery, type OpenCounts, oldestOpenAt, type RecoveryCounts } from './states.ts'

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

/**
 * Statistics about the deliveries that match a filter. A figure is read only when it is asked for; figures of the same
 * statement share one read. Figures about current states (open, held, recovered) ignore the time window of the filter.
 */
export interface DeliveryStats {
  open(): Promise<OpenCounts>
  held(): Promise<number>
  recovery(): Promise<RecoveryCounts>
  oldestPendingAt(): Promise<Date | null>
  /** Number of deliveries that became final within the window. */
  final(): Promise<FinalCounts>
  /** Share of the final deliveries that were delivered; null if no delivery is final. */
  successRate(): Promise<number | null>
  deliveredPerSecond(): Promise<number>
  /**
   * The p95 of the milliseconds from publish to delivery, for deliveries that succeeded at the first attempt. Null if
   * there are none.
   */
  latencyP95Ms(): Promise<number | null>
  timeline(buckets: number): Promise<DeliveryBucket[]>
}

const DAY_MS = 86_400_000
const FINAL: readonly DeliveryStatus[] = ['DELIVERED', 'DEAD_LETTER', 'CANCELLED']
const SHOWN_IN_TIMELINE: readonly DeliveryStatus[] = ['FAILED', 'DELIVERED', 'DEAD_LETTER']

/** Validates the filter at once (throws BAD_USER_INPUT). If the filter names another tenant, all figures are 0. */
export function deliveryStats(core: AppContext, identity: Identity, filter?: DeliveryFilter | null): DeliveryStats {
  const query = deliveryQuery(identity, filter, core.clock())
  const asking = <T>(none: T, work: (read: Read, query: DeliveryQuery) => Promise<T>) =>
    memoize(() => (query ? reading(core, query, work) : Promise.resolve(none)))
  const final = asking<FinalCounts>(NO_DELIVERIES, (read, asked) => {
    const statuses = FINAL.filter((status) => asked.statuses?.includes(status) ?? true)
    return statuses.length === 0 ? Promise.resolve(NO_DELIVERIES) : countAll(core, read, { ...asked, statuses })
  })
  return {
    open: asking<OpenCounts>(NO_DELIVERIES, (read, asked) => countOpen(core, read, unwindowed(asked))),
    held: asking(0, (read, asked) => countHeld(read, unwindowed(asked))),
    recovery: asking<RecoveryCounts>({ unrecovered: 0, recovered: 0 }, (read, asked) =>
      countRecovery(read, unwindowed(asked)),
    ),
    final,
    oldestPendingAt: asking<Date | null>(null, (read, asked) => oldestOpenAt(read, unwindowed(asked))),
    async successRate() {
      const { delivered, deadLetter } = await final()
      return delivered + deadLetter === 0 ? null : delivered / (delivered + deadLetter)
    },
    deliveredPerSecond: asking(0, readRate),
    latencyP95Ms: asking<number | null>(null, readLatency),
    timeline: memoizeBy(async (buckets) => readTimeline(core, query, checkBuckets(buckets))),
  }
}

/** Number of deliveries that a query matches. */
export async function countDeliveries(core: AppContext, query: DeliveryQuery): Promise<number> {
  const { delivered, deadLetter, cancelled, pending } = await reading(core, query, (read, asked) =>
    countAll(core, read, asked),
  )
  return delivered + deadLetter + cancelled + pending
}

/**
 * Runs `work` with one database snapshot, so that its statements see the same rows. The search of the query is resolved
 * first.
 */
const reading = <T>(core: AppContext, query: DeliveryQuery, work: (read: Read, query: DeliveryQuery) => Promise<T>) =>
  snapshot(core, async (read) => work(read, await resolveSearch(read, query)), { ranges: isTotalled(query) })

async function countAll(core: AppContext, read: Read, query: DeliveryQuery): Promise<StatusCount> {
  const { from, to } = timeBounds(query)
  const [row] = await countStatuses(core, read, query, [from, to])
  return row ?? NO_DELIVERIES
}

async function readTimeline(core: AppContext, query: DeliveryQuery | null, buckets: number): Promise<DeliveryBucket[]> {
  const end = Math.min(query?.until ?? Number.POSITIVE_INFINITY, query?.now ?? core.clock())
  const { line, rows } = query
    ? await reading(core, query, async (read, asked) => {
        const start = asked.since ?? (await firstMade(read, asked)) ?? end - DAY_MS
        const line = { start, end, buckets }
        const statuses = SHOWN_IN_TIMELINE.filter((status) => asked.statuses?.includes(status) ?? true)
        const edges = bucketEdges(line, timeBounds(asked).to)
        return {
          line,
          rows: statuses.length === 0 ? [] : await countStatuses(core, read, { ...asked, statuses }, edges),
        }
      })
    : { line: { start: end - DAY_MS, end, buckets }, rows: [] }
  return fillBuckets(line, rows, (row) => ({
    delivered: row?.delivered ?? 0,
    failed: row?.failed ?? 0,
    deadLetter: row?.deadLetter ?? 0,
  }))
}

/** Creation time of the first matching delivery, where the timeline starts. Null if there is none. */
async function firstMade(read: Read, query: DeliveryQuery): Promise<number | null> {
  // The totals know when deliveries were created, but not the current status of each.
  const first = isTotalled(query) && query.statuses === null ? await firstTotalled(read, query) : undefined
  if (first !== undefined) return first === null ? null : uuidTime(first)
  const values: unknown[] = []
  const [row] = await read<{ id: string }>(
    `SELECT d.id FROM deliveries d WHERE ${deliveryWhere(query, values)} ORDER BY d.id LIMIT 1`,
    values,
  )
  return row ? uuidTime(row.id) : null
}
