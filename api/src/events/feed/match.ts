import { compileGlobs } from '../../kit/globs.ts'
import { uuidFloor } from '../../kit/ids.ts'
import type { EventRow } from '../event-row.ts'
import type { EventFilter, EventQuery } from '../read/event-filter.ts'
import { readableJson } from '../search/readable-json.ts'

type Matched = Pick<
  EventRow,
  'id' | 'type' | 'source' | 'severity' | 'subject' | 'payload' | 'tenantId' | 'correlationId'
>

/** Computed once per row and shared by all followers that search it. */
const texts = new WeakMap<object, readonly string[]>()

/**
 * Whether a query matches an event in memory. It mirrors the SQL of events/read/event-filter.ts; a test compares the
 * two. `filter` is the filter that `query` was built from; `visible` are the types whose system events tenants see
 * now.
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

/** The texts that a search covers, each matched separately. */
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
