import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { Read } from '../../db/snapshot.ts'
import { MINUTE_MS, splitIntoBuckets } from '../../db/time-buckets.ts'
import { HOURS_PER_READ, hoursWithRows } from '../../db/time-chunks.ts'
import type { TimeRange } from '../../db/time-range.ts'
import { nameCondition } from '../../graphql/filter.ts'
import { uuidFloor, uuidTime } from '../../kit/ids.ts'
import { type EventQuery, eventArms } from '../read/event-filter.ts'
import { DETAILED_MINUTES_MS } from './event-totals.ts'

/** A number of events by bucket and severity, and by type if requested. */
export interface EventCount {
  bucket: number
  severity: Severity
  type: string
  count: number
}

/** Whether the totals can answer a query. */
export const isTotalled = ({ sources, correlationId, ids, search }: EventQuery): boolean =>
  sources === null && correlationId === null && ids === null && search === null

/**
 * Counts events between `edges` (milliseconds, ascending). The counts are exact: they come from the totals up to the
 * last event that these contain, and from the events after it. `read` must use one snapshot, so that no event is missed
 * or counted twice while a worker updates the totals. Null if there are no totals yet.
 */
export async function countEvents(
  core: AppContext,
  read: Read,
  query: EventQuery,
  edges: readonly number[],
  { byType }: { byType: boolean },
): Promise<EventCount[] | null> {
  const until = await progress(read)
  if (until === 0n) return null
  const values: unknown[] = []
  const value = (parameter: unknown) => `$${values.push(parameter)}`
  const arms = eventArms(query, values)
  const seq = `${value(until.toString())}::bigint`
  const thresholds = `${value(edges.slice(0, -1).map(uuidFloor))}::uuid[]`
  const type = (column: string) => (byType ? column : `''`)
  const groups = `SELECT greatest(width_bucket(e.id, ${thresholds}), 1) - 1 AS bucket, e.severity, ${type('e.type')} AS type, count(*)::int AS count`
  const detailedFrom = core.clock() - DETAILED_MINUTES_MS

  const parts = arms.map((arm, i) => {
    const { tenant, system } = armOf(query, i)
    const detail = byType || query.types !== null || system !== null
    const { whole, rest } = splitIntoBuckets(edges, {
      finestFrom: detail ? detailedFrom : Number.NEGATIVE_INFINITY,
      until: Number.POSITIVE_INFINITY,
    })
    const conditions = [
      `t.detail = ${detail} AND t.span = p.span AND t.start >= p.first AND t.start < p.last`,
      ...narrow('t', { tenant, system }, query, value),
    ]
    const column = (field: 'span' | 'from' | 'to' | 'bucket') => `${value(whole.map((piece) => piece[field]))}::int[]`
    // OFFSET 0 is an optimisation fence, so that each piece is read as a range of the totals' primary key.
    const totals = `SELECT p.bucket, t.severity, ${type('t.type')} AS type, sum(t.count)::int AS count
      FROM unnest(${column('span')}, ${column('from')}, ${column('to')}, ${column('bucket')}) AS p(span, first, last, bucket)
      CROSS JOIN LATERAL (SELECT * FROM event_totals t WHERE ${conditions.join(' AND ')} OFFSET 0) AS t GROUP BY 1, 2, 3`
    const ends = `${groups} FROM unnest(${value(rest.map(({ from }) => uuidFloor(from)))}::uuid[], ${value(rest.map(({ to }) => uuidFloor(to)))}::uuid[]) AS r(low, high)
      CROSS JOIN LATERAL (SELECT e.id, e.type, e.severity FROM events e
        WHERE e.id >= r.low AND e.id < r.high AND e.seq <= ${seq} AND ${arm} OFFSET 0) AS e GROUP BY 1, 2, 3`
    const tail = `${groups} FROM tail e WHERE ${arm} GROUP BY 1, 2, 3`
    return `${totals} UNION ALL ${ends} UNION ALL ${tail}`
  })
  // The events that the totals do not contain are selected only by feed position, because an event can be appended late
  // with an older id.
  return read<EventCount>(
    `WITH tail AS MATERIALIZED (SELECT id, tenant_id, type, severity FROM events WHERE seq > ${seq}) ${parts.join(' UNION ALL ')}`,
    values,
  )
}

/** The conditions on tenant and type of the arms of a query (see eventArms). The tenant of system events is "". */
const armsOf = (query: EventQuery) => eventArms(query, []).map((_, i) => armOf(query, i))

function armOf({ scope }: EventQuery, index: number): { tenant: string | null; system: readonly string[] | null } {
  if (scope === 'all') return { tenant: null, system: null }
  return index === 0 ? { tenant: scope.tenantId, system: null } : { tenant: '', system: scope.system }
}

/**
 * The id of the oldest event that matches a query without a start; null if none matches. Only the first hour with a
 * match is searched, or the events that the totals do not contain yet. Undefined if there are no totals yet.
 */
export async function firstTotalled(read: Read, query: EventQuery): Promise<string | null | undefined> {
  const until = await progress(read)
  if (until === 0n) return undefined
  const hour = await firstHour(read, query)
  const values: unknown[] = []
  const arms = eventArms(query, values)
  const from = hour === null ? '' : `$${values.push(uuidFloor(hour))}::uuid`
  const source =
    hour === null
      ? `(SELECT id, tenant_id, type, severity FROM events WHERE seq > $${values.push(until.toString())}::bigint OFFSET 0) e WHERE true`
      : `events e WHERE e.id >= ${from}`
  const oldest = arms.map((arm) => `(SELECT e.id FROM ${source} AND ${arm} ORDER BY e.id LIMIT 1)`)
  const [row] = await read<{ id: string }>(
    `SELECT id FROM (${oldest.join(' UNION ALL ')}) AS oldest ORDER BY id LIMIT 1`,
    values,
    { prepared: true },
  )
  return row?.id ?? null
}

/**
 * The time ranges that may contain matching events, in the order of the list: the hours with matches, and the range of
 * the events that the totals do not contain yet. Null if there are no totals yet.
 */
export async function hoursOf(
  read: Read,
  query: EventQuery,
  stretch: TimeRange,
  order: 'asc' | 'desc',
): Promise<AsyncIterable<TimeRange> | null> {
  const until = await progress(read)
  if (until === 0n) return null
  const [oldest] = await read<{ id: string }>(
    'SELECT id FROM (SELECT id FROM events WHERE seq > $1::bigint OFFSET 0) AS tail ORDER BY id LIMIT 1',
    [until.toString()],
  )
  const totalledTo = Math.min(stretch.to, Math.max(stretch.from, oldest ? uuidTime(oldest.id) : stretch.to))
  const direction = order === 'asc' ? 'ASC' : 'DESC'
  const next = (low: number, high: number) => {
    const values: unknown[] = []
    const value = (parameter: unknown) => `$${values.push(parameter)}`
    const bounds = `detail AND span = 60 AND start >= ${value(low)} AND start < ${value(high)}`
    const either = armsOf(query).map((arm) => `(${['true', ...narrow('t', arm, query, value)].join(' AND ')})`)
    return read<{ start: number }>(
      `SELECT start FROM event_totals t WHERE ${bounds} AND (${either.join(' OR ')}) GROUP BY 1 ORDER BY 1 ${direction} LIMIT ${HOURS_PER_READ}`,
      values,
    )
  }
  return hoursWithRows(stretch, totalledTo, order, next)
}

/** The start (ms) of the first hour with a match in the totals; null if there is none. */
async function firstHour(read: Read, query: EventQuery): Promise<number | null> {
  const values: unknown[] = []
  const value = (parameter: unknown) => `$${values.push(parameter)}`
  const arms = armsOf(query).map((arm) => ['detail AND span = 60', ...narrow('t', arm, query, value)].join(' AND '))
  const first = arms.map((arm) => `(SELECT start FROM event_totals t WHERE ${arm} ORDER BY start LIMIT 1)`)
  const [row] = await read<{ start: number }>(
    `SELECT start FROM (${first.join(' UNION ALL ')}) AS first ORDER BY start LIMIT 1`,
    values,
  )
  return row ? row.start * MINUTE_MS : null
}

/** The conditions of an arm and of its query, as SQL on the totals. */
function narrow(
  t: string,
  { tenant, system }: ReturnType<typeof armOf>,
  { types, severities }: EventQuery,
  value: (parameter: unknown) => string,
): string[] {
  return [
    ...(tenant === null ? [] : [`${t}.tenant_id = ${value(tenant)}`]),
    ...(system === null ? [] : [`${t}.type = ANY(${value(system)}::text[])`]),
    ...(types ? [nameCondition(`${t}.type`, types, value)] : []),
    ...(severities ? [`${t}.severity = ANY(${value(severities)}::"Severity"[])`] : []),
  ]
}

async function progress(read: Read): Promise<bigint> {
  const [row] = await read<{ until: string }>(`SELECT until FROM totals_progress WHERE name = 'events'`)
  return BigInt(row?.until ?? 0)
}
