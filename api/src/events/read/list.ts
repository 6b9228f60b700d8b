import type { AppContext } from '../../app-context.ts'
import type { KeysetRange } from '../../db/keyset.ts'
import { type Read, snapshot } from '../../db/snapshot.ts'
import { readTimeChunks, timeChunks, timeRangeOf, withinTimeRange } from '../../db/time-chunks.ts'
import type { TimeRange } from '../../db/time-range.ts'
import type { Identity } from '../../identity/identity.ts'
import { reaches } from '../../identity/tenant-scope.ts'
import { uuidTime } from '../../kit/ids.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { EVENT_COLUMNS, type EventRow, eventRow, readEventsById, type StoredEvent } from '../event-row.ts'
import type { Geometry } from '../search/bloom.ts'
import { bitsOfQuery, candidates, type IndexedRange, indexedRange } from '../search/candidates.ts'
import { hoursOf, isTotalled } from '../totals/count.ts'
import { type EventFilter, type EventQuery, eventArms, eventQuery, eventWhere } from './event-filter.ts'
import { identifySearch } from './identify-search.ts'

/**
 * Lists the events that match a filter and that an identity may see. The filter is validated at once (throws
 * BAD_USER_INPUT). The returned function reads one range of keys.
 */
export async function listEvents(
  core: AppContext,
  catalogue: Catalogue,
  identity: Identity,
  filter?: EventFilter | null,
): Promise<(range: KeysetRange) => Promise<EventRow[]>> {
  const visible = identity.tenantId === null ? [] : await catalogue.visibleTypes()
  const asked = eventQuery(identity, filter, visible, core.clock())
  if (!asked) return async () => []
  const query = await identifySearch(core.db, asked)
  return (range) =>
    snapshot(
      core,
      async (read) => {
        const stretch = timeRangeOf(query, range)
        const indexed = await indexedRange(read, query)
        if (indexed) return searchEvents(read, query, indexed, stretch, range)
        const guided = selective(query) ? await hoursOf(read, query, stretch, range.order) : null
        const stretches = guided ?? timeChunks(stretch, range.order, core.clock())
        return readTimeChunks(stretches, range.take, (slice, take) =>
          selectEvents(read, query, (value) => withinTimeRange('e.id', slice, range, value), { ...range, take }),
        )
      },
      { ranges: bitsOfQuery(query) !== null },
    )
}

/** Whether the totals can tell which hours contain matching events, so that other hours are skipped. */
const selective = (query: EventQuery) => isTotalled(query) && (query.types !== null || query.severities !== null)

/** Reads the matching events in the order of the list. Only candidates from the search index are checked. */
export async function searchEvents(
  read: Read,
  query: EventQuery,
  where: IndexedRange,
  stretch: TimeRange,
  range: KeysetRange,
  geometry?: Geometry,
): Promise<EventRow[]> {
  const descending = range.order === 'desc'
  let rows: EventRow[] = []
  for await (const { from, next } of candidates(read, where, stretch, range.order, { geometry })) {
    const values: unknown[] = []
    const value = (parameter: unknown) => `$${values.push(parameter)}`
    const source = from(value)
    const conditions = `(${eventWhere(query, values)}) AND ${withinTimeRange('e.id', stretch, range, value)}`
    const page = await select(
      read,
      `SELECT ${EVENT_COLUMNS} FROM ${source} WHERE ${conditions} ORDER BY e.id ${range.order} LIMIT ${value(range.take)}`,
      values,
    )
    rows = [...rows, ...page].sort((a, b) => (a.id < b.id === descending ? 1 : -1)).slice(0, range.take)
    const last = rows[range.take - 1]
    if (last && (descending ? uuidTime(last.id) > next : uuidTime(last.id) < next)) break
  }
  return rows
}

/** Reads the first matching events within bounds, in the order of the list. */
export function selectEvents(
  read: Read,
  query: EventQuery,
  bounds: (value: (parameter: unknown) => string) => string,
  { order, take }: KeysetRange,
): Promise<EventRow[]> {
  const values: unknown[] = []
  const value = (parameter: unknown) => `$${values.push(parameter)}`
  const arms = eventArms(query, values)
  const where = bounds(value)
  const direction = order === 'asc' ? 'ASC' : 'DESC'
  const limit = `LIMIT ${value(take)}`
  // Within an arm, tenant_id is constant, but the planner cannot infer that from "IS NULL". Only with this ORDER BY
  // does it read the index on (tenant_id, id) in order. The same applies to correlation ids.
  const leading = query.correlationId !== null ? 'e.correlation_id' : query.scope === 'all' ? null : 'e.tenant_id'
  const by = [...(leading === null ? [] : [leading]), 'e.id'].map((column) => `${column} ${direction}`).join(', ')
  const selects = arms.map(
    (arm) => `(SELECT ${EVENT_COLUMNS} FROM events e WHERE ${arm} AND ${where} ORDER BY ${by} ${limit})`,
  )
  return select(
    read,
    `SELECT * FROM (${selects.join(' UNION ALL ')}) AS found ORDER BY id ${direction} ${limit}`,
    values,
  )
}

/** Reads events by id. Events that the identity may not see are skipped. */
export async function eventsById(
  core: AppContext,
  catalogue: Catalogue,
  identity: Identity,
  ids: readonly string[],
): Promise<EventRow[]> {
  const rows = await readEventsById(core.db.query, ids)
  if (identity.tenantId === null) return rows
  const visible = new Set(await catalogue.visibleTypes())
  return rows.filter((row) => reaches(identity, row.tenantId) || (row.tenantId === null && visible.has(row.type)))
}

async function select(read: Read, text: string, values: unknown[]): Promise<EventRow[]> {
  return (await read<StoredEvent>(text, values)).map(eventRow)
}
