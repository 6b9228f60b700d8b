import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { TimeWindow } from '../../graphql/enums.ts'
import { createFilterReader, type NamePatterns, nameCondition, type TimeSpan } from '../../graphql/filter.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope } from '../../identity/tenant-scope.ts'
import { badInputs } from '../../kit/errors.ts'
import { tryUuid, uuidFloor } from '../../kit/ids.ts'
import { READABLE_PAYLOAD } from '../search/readable-json.ts'

/** What `events` and `eventStats` are narrowed by. Null, left out and an empty list do not narrow. */
export interface EventFilter {
  types?: readonly string[] | null
  sources?: readonly string[] | null
  severities?: readonly Severity[] | null
  tenantId?: string | null
  window?: TimeWindow | null
  since?: Date | null
  until?: Date | null
  correlationId?: string | null
  search?: string | null
}

/**
 * Whose events: everybody's, or a tenant's; the latter with the installation's own events of the types in `system`, which
 * every tenant sees.
 */
export type EventScope = 'all' | { tenantId: string; system: readonly string[] }

/** A filter that was checked, for an identity. */
export interface EventQuery extends TimeSpan {
  scope: EventScope
  types: NamePatterns | null
  sources: readonly string[] | null
  severities: readonly Severity[] | null
  correlationId: string | null
  /** One of these events; null: any. */
  ids: readonly string[] | null
  search: string | null
}

/**
 * Checks a filter. Null when nothing can match (another tenant than the identity's). `visibleTypes` are those whose system
 * events every tenant sees; a filter that names a tenant means that tenant's own events alone. Throws BAD_USER_INPUT with
 * all that is wrong, at `path`.
 */
export function eventQuery(
  identity: Identity,
  filter: EventFilter | null | undefined,
  visibleTypes: readonly string[],
  now: number,
  path: readonly string[] = ['filter'],
): EventQuery | null {
  const given = filter ?? {}
  const { issues, listed, names, search, span, text } = createFilterReader(path)
  const sources = listed('sources', given.sources)
  for (const source of sources ?? []) text('sources', source)
  const sought = search(given.search)
  const id = sought === null ? null : tryUuid('evt', sought)
  const query = {
    types: names('types', given.types),
    sources,
    severities: listed('severities', given.severities),
    ...span(given, now),
    correlationId: text('correlationId', given.correlationId),
    ids: id === null ? null : [id],
    search: id === null ? sought : null,
  }
  if (issues.length > 0) throw badInputs(issues)
  const scope = readScope(identity, given.tenantId, [...path, 'tenantId'].join('.'))
  if (scope === null) return null
  if (scope === 'all') return { ...query, scope }
  return { ...query, scope: { ...scope, system: given.tenantId == null ? visibleTypes : [] } }
}

/** The conditions of a query on `events e` but for its scope; values are appended to `values` as numbered parameters. */
function conditions(query: EventQuery, values: unknown[]): { ranges: string[]; matches: string[] } {
  const value = (given: unknown) => `$${values.push(given)}`
  const ranges: string[] = []
  // Times are ranges of `id`: a UUIDv7 starts with the instant it was received at, so partitions are skipped.
  if (query.since !== null) ranges.push(`e.id >= ${value(uuidFloor(query.since))}::uuid`)
  if (query.until !== null) ranges.push(`e.id < ${value(uuidFloor(query.until))}::uuid`)
  if (query.ids !== null) ranges.push(`e.id = ANY(${value(query.ids)}::uuid[])`)
  if (query.correlationId !== null) ranges.push(`e.correlation_id = ${value(query.correlationId)}`)
  const matches: string[] = []
  if (query.types) matches.push(nameCondition('e.type', query.types, value))
  if (query.sources) matches.push(`e.source = ANY(${value(query.sources)}::text[])`)
  if (query.severities) matches.push(`e.severity = ANY(${value(query.severities)}::"Severity"[])`)
  if (query.search !== null) {
    const pattern = value(`%${query.search.replace(/[\\%_]/g, '\\$&')}%`)
    const columns = ['e.type', 'e.source', 'e.subject', `(${READABLE_PAYLOAD})`]
    matches.push(`(${columns.map((column) => `${column} ILIKE ${pattern}`).join(' OR ')})`)
  }
  return { ranges, matches }
}

/** Whose events, as conditions on `events e`. */
export const ofTenant = (tenantId: string, value: (given: unknown) => string): string =>
  `e.tenant_id = ${value(tenantId)}`
export const ofSystem = (types: readonly string[], value: (given: unknown) => string): string =>
  `e.tenant_id IS NULL AND e.type = ANY(${value(types)}::text[])`

/**
 * The query as alternatives that exclude each other: each is a condition that the index on (tenant_id, id) answers in order,
 * which one condition with an OR between them would not be.
 *
 * What is asked of a tenant's rows stands in a CASE: no other row's text is looked at, whatever order the planner thinks cheap,
 * and how often others have such a text, by which it judges conditions that it can see into, does not choose what is read.
 */
export function eventArms(query: EventQuery, values: unknown[]): string[] {
  const { ranges, matches } = conditions(query, values)
  if (query.scope === 'all') return [[...ranges, ...matches].join(' AND ') || 'true']
  const { tenantId, system } = query.scope
  const value = (given: unknown) => `$${values.push(given)}`
  const own = [ofTenant(tenantId, value), ...(system.length > 0 ? [ofSystem(system, value)] : [])]
  const among = (rows: string) => (matches.length > 0 ? [`CASE WHEN ${rows} THEN ${matches.join(' AND ')} END`] : [])
  return own.map((rows) => [rows, ...ranges, ...among(rows)].join(' AND '))
}

/** The query as one condition on `events e`, for counting. */
export const eventWhere = (query: EventQuery, values: unknown[]): string =>
  eventArms(query, values)
    .map((arm) => `(${arm})`)
    .join(' OR ')
