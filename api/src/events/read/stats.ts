import { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { type KeysetRange, MAX_PAGE } from '../../db/keyset.ts'
import { type Read, snapshot } from '../../db/snapshot.ts'
import { bucketEdges } from '../../db/time-buckets.ts'
import { withinTimeRange } from '../../db/time-chunks.ts'
import { timeBounds } from '../../db/time-range.ts'
import { checkBuckets, fillBuckets } from '../../db/timeline.ts'
import type { Identity } from '../../identity/identity.ts'
import { memoize, memoizeBy } from '../../kit/async/memoize.ts'
import { badInput } from '../../kit/errors.ts'
import { uuidFloor, uuidTime } from '../../kit/ids.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { type Batch, bitsOfQuery, candidates, indexedRange } from '../search/candidates.ts'
import { countEvents, type EventCount, firstTotalled, isTotalled } from '../totals/count.ts'
import { type EventFilter, type EventQuery, eventQuery, eventWhere } from './event-filter.ts'
import { identifySearch } from './identify-search.ts'
import { searchEvents, selectEvents } from './list.ts'

export interface TimeBucket {
  start: Date
  count: number
  /** Number of ERROR and CRITICAL events. */
  errors: number
}

/**
 * Statistics about the events that match a filter. A figure is read only when it is asked for; figures of the same
 * statement share one read.
 */
export interface EventStats {
  total(): Promise<number>
  last24h(): Promise<number>
  /** The count of each severity in ascending order, including severities without events. */
  bySeverity(): Promise<Array<{ severity: Severity; count: number }>>
  /** The most frequent types. Throws BAD_USER_INPUT unless `first` is 1 to 200. */
  byType(first: number): Promise<Array<{ name: string; count: number }>>
  /**
   * Counts in `buckets` intervals of about equal length (1 to 500; see bucketStarts()), from the start of the filter or the first event to the
   * end of the filter or now.
   */
  timeline(buckets: number): Promise<TimeBucket[]>
}

const DAY_MS = 86_400_000

/** Validates the filter at once (throws BAD_USER_INPUT). If the filter names another tenant, all figures are 0. */
export async function eventStats(
  core: AppContext,
  catalogue: Catalogue,
  identity: Identity,
  filter?: EventFilter | null,
): Promise<EventStats> {
  const visible = identity.tenantId === null ? [] : await catalogue.visibleTypes()
  const asked = eventQuery(identity, filter, visible, core.clock())
  const query = asked && (await identifySearch(core.db, asked))
  const counts = memoize<EventCount[]>(async () => (query ? readCounts(core, query) : []))
  const types = memoize(async () => (query ? readTypes(core, query) : []))
  const sum = async (isCounted: (row: EventCount) => boolean) =>
    (await counts()).reduce((total, row) => total + (isCounted(row) ? row.count : 0), 0)

  return {
    total: () => sum(() => true),
    last24h: () => sum(({ bucket }) => bucket === RECENT),
    bySeverity: () =>
      Promise.all(
        Object.values(Severity).map(async (severity) => ({
          severity,
          count: await sum((row) => row.severity === severity),
        })),
      ),
    async byType(first) {
      if (first < 1 || first > MAX_PAGE) throw badInput('first', `is ${first}; expected 1 to ${MAX_PAGE}`)
      return (await types()).slice(0, first)
    },
    timeline: memoizeBy(async (buckets) => readTimeline(core, query, checkBuckets(buckets))),
  }
}

/** The second of the two buckets of `readCounts` is the last 24 hours. */
const RECENT = 1

function readCounts(core: AppContext, query: EventQuery): Promise<EventCount[]> {
  const { from, to } = timeBounds(query)
  const dayAgo = Math.min(to, Math.max(from, Math.ceil(core.clock() - DAY_MS)))
  return reading(core, query, (read) => count(core, read, query, [from, dayAgo, to], { byType: false }))
}

/** The counts of all types, most frequent first. */
async function readTypes(core: AppContext, query: EventQuery) {
  const { from, to } = timeBounds(query)
  const rows = await reading(core, query, (read) => count(core, read, query, [from, to], { byType: true }))
  const counts = new Map<string, number>()
  for (const { type, count } of rows) counts.set(type, (counts.get(type) ?? 0) + count)
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
}

async function readTimeline(core: AppContext, query: EventQuery | null, buckets: number): Promise<TimeBucket[]> {
  const end = Math.min(query?.until ?? Number.POSITIVE_INFINITY, core.clock())
  const { line, rows } = query
    ? await reading(core, query, async (read) => {
        const start = query.since ?? (await firstReceived(read, query)) ?? end - DAY_MS
        const line = { start, end, buckets }
        const edges = bucketEdges(line, timeBounds(query).to)
        return { line, rows: await count(core, read, query, edges, { byType: false }) }
      })
    : { line: { start: end - DAY_MS, end, buckets }, rows: [] }
  const byBucket = new Map<number, { bucket: number; count: number; errors: number }>()
  for (const { bucket, severity, count } of rows) {
    const row = byBucket.get(bucket) ?? { bucket, count: 0, errors: 0 }
    byBucket.set(bucket, row)
    row.count += count
    if (severity === 'ERROR' || severity === 'CRITICAL') row.errors += count
  }
  return fillBuckets(line, [...byBucket.values()], (row) => ({ count: row?.count ?? 0, errors: row?.errors ?? 0 }))
}

const reading = <T>(core: AppContext, query: EventQuery, work: (read: Read) => Promise<T>) =>
  snapshot(core, work, { ranges: isTotalled(query) || bitsOfQuery(query) !== null })

/**
 * Counts with the totals if they can answer the whole query. Otherwise counts the events, or only candidates from the
 * search index.
 */
async function count(core: AppContext, read: Read, query: EventQuery, edges: number[], options: { byType: boolean }) {
  const counted = isTotalled(query) ? await countEvents(core, read, query, edges, options) : null
  if (counted) return counted
  const where = await indexedRange(read, query)
  if (!where) {
    // There are few groups, but the planner cannot estimate the number of groups that are computed from ids. Without
    // this setting it would avoid a parallel plan.
    await read('SET LOCAL parallel_tuple_cost = 0.001')
    return countRows(read, query, edges, options)
  }
  const counts: EventCount[] = []
  for await (const { from } of candidates(read, where, timeBounds(query), 'desc', { firstBlocks: COUNTED_BLOCKS })) {
    counts.push(...(await countRows(read, query, edges, options, from)))
  }
  return counts
}

/** Number of blocks of the search index that one statement counts. */
const COUNTED_BLOCKS = 1_024

/** Counts all events, or those of one batch of candidates. */
function countRows(
  read: Read,
  query: EventQuery,
  edges: readonly number[],
  { byType }: { byType: boolean },
  candidates?: Batch['from'],
) {
  const values: unknown[] = []
  const value = (parameter: unknown) => `$${values.push(parameter)}`
  const from = candidates?.(value) ?? 'events e'
  const where = eventWhere(query, values)
  const thresholds = `${value(edges.slice(0, -1).map(uuidFloor))}::uuid[]`
  return read<EventCount>(
    `SELECT greatest(width_bucket(e.id, ${thresholds}), 1) - 1 AS bucket, e.severity, ${byType ? 'e.type' : `''`} AS type, count(*)::int AS count
     FROM ${from} WHERE ${where} GROUP BY 1, 2, 3`,
    values,
  )
}

async function firstReceived(read: Read, query: EventQuery): Promise<number | null> {
  const first = isTotalled(query) ? await firstTotalled(read, query) : undefined
  if (first !== undefined) return first === null ? null : uuidTime(first)
  const range: KeysetRange = { afterId: null, beforeId: null, order: 'asc', take: 1 }
  const where = await indexedRange(read, query)
  const [oldest] = where
    ? await searchEvents(read, query, where, timeBounds(query), range)
    : await selectEvents(read, query, (value) => withinTimeRange('e.id', timeBounds(query), range, value), range)
  return oldest ? uuidTime(oldest.id) : null
}
