import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import { createFilterReader, type NamePatterns, nameCondition, type TimeSpan } from '../../graphql/filter.ts'
import type { TimeWindow } from '../../graphql/types/enums.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope } from '../../identity/tenant-scope.ts'
import { badInputs } from '../../kit/errors.ts'
import { tryUuid, uuidFloor } from '../../kit/ids.ts'
import { escapeLike } from '../../kit/like.ts'
import { READABLE_PAYLOAD } from '../search/readable-json.ts'

/** The filter of `events` and `eventStats`. A field that is null, absent or empty does not restrict the result. */
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
 * The events that an identity may see: all of them, or those of one tenant and the system events of the types in
 * `system`.
 */
export type EventScope = 'all' | { tenantId: string; system: readonly string[] }

/** A validated filter, restricted to the scope of an identity. */
export interface EventQuery extends TimeSpan {
  scope: EventScope
  types: NamePatterns | null
  sources: readonly string[] | null
  severities: readonly Severity[] | null
  correlationId: string | null
  /** Ids to which the query is restricted; null for no restriction. */
  ids: readonly string[] | null
  search: string | null
}

/**
 * Validates a filter. Null if no event can match, because the filter names another tenant than the identity's.
 * `visibleTypes` are the types whose system events every tenant sees. If the filter names a tenant, system events are
 * excluded. Throws BAD_USER_INPUT that lists all problems; `path` is where the filter is in the operation.
 */
export function eventQuery(
  identity: Identity,
  filter: EventFilter | null | undefined,
  visibleTypes: readonly string[],
  now: number,
  path: readonly string[] = ['filter'],
): EventQuery | null {
  const fields = filter ?? {}
  const { issues, listed, names, search, span, text } = createFilterReader(path)
  const sources = listed('sources', fields.sources)
  for (const source of sources ?? []) text('sources', source)
  const sought = search(fields.search)
  const id = sought === null ? null : tryUuid('evt', sought)
  const query = {
    types: names('types', fields.types),
    sources,
    severities: listed('severities', fields.severities),
    ...span(fields, now),
    correlationId: text('correlationId', fields.correlationId),
    ids: id === null ? null : [id],
    search: id === null ? sought : null,
  }
  if (issues.length > 0) throw badInputs(issues)
  const scope = readScope(identity, fields.tenantId, [...path, 'tenantId'].join('.'))
  if (scope === null) return null
  if (scope === 'all') return { ...query, scope }
  return { ...query, scope: { ...scope, system: fields.tenantId == null ? visibleTypes : [] } }
}

/** Converts a query without its scope to SQL conditions on `events e`. Parameters are appended to `values`. */
function conditions(query: EventQuery, values: unknown[]): { ranges: string[]; matches: string[] } {
  const value = (parameter: unknown) => `$${values.push(parameter)}`
  const ranges: string[] = []
  // Times are compared with `id`, because a UUIDv7 starts with the time of receipt. So the planner can skip partitions.
  if (query.since !== null) ranges.push(`e.id >= ${value(uuidFloor(query.since))}::uuid`)
  if (query.until !== null) ranges.push(`e.id < ${value(uuidFloor(query.until))}::uuid`)
  if (query.ids !== null) ranges.push(`e.id = ANY(${value(query.ids)}::uuid[])`)
  if (query.correlationId !== null) ranges.push(`e.correlation_id = ${value(query.correlationId)}`)
  const matches: string[] = []
  if (query.types) matches.push(nameCondition('e.type', query.types, value))
  if (query.sources) matches.push(`e.source = ANY(${value(query.sources)}::text[])`)
  if (query.severities) matches.push(`e.severity = ANY(${value(query.severities)}::"Severity"[])`)
  if (query.search !== null) {
    const pattern = value(`%${escapeLike(query.search)}%`)
    const columns = ['e.type', 'e.source', 'e.subject', `(${READABLE_PAYLOAD})`]
    matches.push(`(${columns.map((column) => `${column} ILIKE ${pattern}`).join(' OR ')})`)
  }
  return { ranges, matches }
}

/** Conditions of a scope on `events e`. */
export const ofTenant = (tenantId: string, value: (parameter: unknown) => string): string =>
  `e.tenant_id = ${value(tenantId)}`
export const ofSystem = (types: readonly string[], value: (parameter: unknown) => string): string =>
  `e.tenant_id IS NULL AND e.type = ANY(${value(types)}::text[])`

/**
 * Splits a query into arms that exclude each other, one per part of the scope. The index on (tenant_id, id) returns the
 * rows of one arm in order, which is impossible for one condition with OR.
 *
 * In a tenant's query, text conditions are wrapped in CASE. So PostgreSQL never evaluates them for rows of other
 * tenants, whatever plan it chooses, and the statistics about other tenants' texts do not influence the plan.
 */
export function eventArms(query: EventQuery, values: unknown[]): string[] {
  const { ranges, matches } = conditions(query, values)
  if (query.scope === 'all') return [[...ranges, ...matches].join(' AND ') || 'true']
  const { tenantId, system } = query.scope
  const value = (parameter: unknown) => `$${values.push(parameter)}`
  const scopes = [ofTenant(tenantId, value), ...(system.length > 0 ? [ofSystem(system, value)] : [])]
  const among = (rows: string) => (matches.length > 0 ? [`CASE WHEN ${rows} THEN ${matches.join(' AND ')} END`] : [])
  return scopes.map((rows) => [rows, ...ranges, ...among(rows)].join(' AND '))
}

/** The query as one condition on `events e`, for counting. */
export const eventWhere = (query: EventQuery, values: unknown[]): string =>
  eventArms(query, values)
    .map((arm) => `(${arm})`)
    .join(' OR ')
