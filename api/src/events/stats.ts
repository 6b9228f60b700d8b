import { Severity } from '../../../prisma/generated/client/enums.ts'
import type { Identity } from '../access/identity.ts'
import { MAX_PAGE } from '../graphql/keyset.ts'
import type { Core } from '../kit/core.ts'
import { badInput } from '../kit/errors.ts'
import { uuidFloor, uuidTime } from '../kit/ids.ts'
import { bucketSql, checkBuckets, fillBuckets } from '../kit/timeline.ts'
import type { Catalogue } from './catalogue.ts'
import { type EventFilter, type EventQuery, eventQuery, eventWhere } from './where.ts'

export interface TimeBucket {
  start: Date
  count: number
  /** Of those, ERROR and CRITICAL. */
  errors: number
}

/** Figures over the events that a filter leaves. Each is read when it is asked for, and what one statement answers once. */
export interface EventStats {
  total(): Promise<number>
  last24h(): Promise<number>
  /** All severities in ascending order, those without events as 0. */
  bySeverity(): Promise<Array<{ severity: Severity; count: number }>>
  /** The most frequent types. Throws BAD_USER_INPUT unless 1 to 200. */
  byType(first: number): Promise<Array<{ name: string; count: number }>>
  /** Equal stretches from the first event (or the filter's start) to now (or its end); 1 to 500. */
  timeline(buckets: number): Promise<TimeBucket[]>
}

const DAY_MS = 86_400_000

/** Checks the filter at once (BAD_USER_INPUT); another tenant's figures are those of nothing. */
export async function eventStats(
  core: Core,
  catalogue: Catalogue,
  identity: Identity,
  filter?: EventFilter | null,
): Promise<EventStats> {
  const visible = identity.tenantId === null ? [] : await catalogue.visibleTypes()
  const query = eventQuery(identity, filter, visible, core.clock())
  let counting: Promise<Counts[]> | undefined
  const counts = () => {
    counting ??= query ? readCounts(core, query) : Promise.resolve([])
    return counting
  }
  const sum = (pick: (row: Counts) => number) =>
    counts().then((rows) => rows.reduce((total, row) => total + pick(row), 0))

  return {
    total: () => sum((row) => row.count),
    last24h: () => sum((row) => row.recent),
    async bySeverity() {
      const found = new Map((await counts()).map((row) => [row.severity, row.count]))
      return Object.values(Severity).map((severity) => ({ severity, count: found.get(severity) ?? 0 }))
    },
    async byType(first) {
      if (first < 1 || first > MAX_PAGE) throw badInput('first', `is ${first}; takes 1 to ${MAX_PAGE}`)
      return query ? readTypes(core, query, first) : []
    },
    async timeline(buckets) {
      return readTimeline(core, query, checkBuckets(buckets))
    },
  }
}

interface Counts {
  severity: Severity
  count: number
  recent: number
}

function readCounts(core: Core, query: EventQuery): Promise<Counts[]> {
  const values: unknown[] = []
  const where = eventWhere(query, values)
  const day = `$${values.push(uuidFloor(core.clock() - DAY_MS))}::uuid`
  return core.db.query<Counts>(
    `SELECT e.severity, count(*)::int AS count, count(*) FILTER (WHERE e.id >= ${day})::int AS recent
     FROM events e WHERE ${where} GROUP BY 1`,
    values,
  )
}

function readTypes(core: Core, query: EventQuery, first: number) {
  const values: unknown[] = []
  const where = eventWhere(query, values)
  return core.db.query<{ name: string; count: number }>(
    `SELECT e.type AS name, count(*)::int AS count FROM events e WHERE ${where}
     GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $${values.push(first)}`,
    values,
  )
}

async function readTimeline(core: Core, query: EventQuery | null, buckets: number): Promise<TimeBucket[]> {
  const end = Math.min(query?.until ?? Number.POSITIVE_INFINITY, core.clock())
  const start = query?.since ?? (query && (await firstReceived(core, query))) ?? end - DAY_MS
  const line = { start, end, buckets }
  return fillBuckets(line, query ? await readBuckets(core, query, line) : [], (row) => ({
    count: row?.count ?? 0,
    errors: row?.errors ?? 0,
  }))
}

function readBuckets(core: Core, query: EventQuery, line: { start: number; end: number; buckets: number }) {
  const values: unknown[] = []
  const where = eventWhere(query, values)
  const value = (given: number) => `$${values.push(given)}`
  const bucket = bucketSql('e.received_at', value(line.start), value(line.end), value(line.buckets))
  return core.db.query<{ bucket: number; count: number; errors: number }>(
    `SELECT ${bucket} AS bucket, count(*)::int AS count,
       count(*) FILTER (WHERE e.severity IN ('ERROR', 'CRITICAL'))::int AS errors
     FROM events e WHERE ${where} GROUP BY 1`,
    values,
  )
}

async function firstReceived(core: Core, query: EventQuery): Promise<number | null> {
  const values: unknown[] = []
  const [row] = await core.db.query<{ id: string }>(
    `SELECT e.id FROM events e WHERE ${eventWhere(query, values)} ORDER BY e.id LIMIT 1`,
    values,
  )
  return row ? uuidTime(row.id) : null
}
