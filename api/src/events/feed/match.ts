import { compileGlobs } from '../../kit/globs.ts'
import { uuidFloor } from '../../kit/ids.ts'
import type { EventRow } from '../event-row.ts'
import type { EventFilter, EventQuery } from '../read/event-filter.ts'
import { readableJson } from '../search/readable-json.ts'

type Matched = Pick<
  EventRow,
  'id' | 'type' | 'source' | 'severity' | 'subject' | 'payload' | 'tenantId' | 'correlationId'
>

/** Searched texts by row. They are computed once and shared by all followers that search the row. */
const texts = new WeakMap<object, readonly string[]>()

/**
 * Returns a function that checks in memory whether an event matches a query. It follows the SQL in
 * events/read/event-filter.ts; a test compares the two. `filter` is the filter from which `query` was created.
 * `visible` are the types whose system events tenants may see now.
 */
export function createEventMatcher(
  query: EventQuery,
  filter: EventFilter | null | undefined,
): (row: Matched, visible: readonly string[]) => boolean {
  const since = query.since === null ? null : uuidFloor(query.since)
  const until = query.until === null ? null : uuidFloor(query.until)
  const typed = query.types ? compileGlobs(filter?.types ?? []) : null
  const needle = query.search?.toLowerCase() ?? null
  const { scope, sources, severities, correlationId, ids } = query
  const system = filter?.tenantId == null

  return (row, visible) =>
    (scope === 'all' ||
      row.tenantId === scope.tenantId ||
      (system && row.tenantId === null && visible.includes(row.type))) &&
    (since === null || row.id >= since) &&
    (until === null || row.id < until) &&
    (typed === null || typed(row.type)) &&
    (sources === null || sources.includes(row.source)) &&
    (severities === null || severities.includes(row.severity)) &&
    (correlationId === null || row.correlationId === correlationId) &&
    (ids === null || ids.includes(row.id)) &&
    (needle === null || textsOf(row).some((text) => text.includes(needle)))
}

/** The texts that a search covers. Each is searched separately. */
function textsOf(row: Matched): readonly string[] {
  let searched = texts.get(row)
  if (searched === undefined) {
    searched = [row.type, row.source, row.subject ?? '', readableJson(row.payload.text)].map((text) =>
      text.toLowerCase(),
    )
    texts.set(row, searched)
  }
  return searched
}
