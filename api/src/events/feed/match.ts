import { compileGlobs } from '../../kit/globs.ts'
import { uuidFloor } from '../../kit/ids.ts'
import type { EventRow } from '../event-row.ts'
import type { EventFilter, EventQuery } from '../read/event-filter.ts'

type Matched = Pick<
  EventRow,
  'id' | 'type' | 'source' | 'severity' | 'subject' | 'payload' | 'tenantId' | 'correlationId'
>

/** The texts of payloads, made once however many search in them. */
const texts = new WeakMap<object, string>()

/**
 * Whether an event is one that a query finds: what events/read/event-filter.ts says in SQL, for rows that are in memory already (a test
 * holds the two together). `filter` is the one that the query was made of. `visible` are the types whose system events
 * every tenant sees at this moment.
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
    (needle === null || textOf(row).includes(needle))
}

/** Parts that no search spans: it has no line breaks in it. */
function textOf(row: Matched): string {
  let text = texts.get(row)
  if (text === undefined) {
    text = [row.type, row.source, row.subject ?? '', row.payload.text].join('\n').toLowerCase()
    texts.set(row, text)
  }
  return text
}
