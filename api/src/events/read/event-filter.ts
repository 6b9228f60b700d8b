import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import { createFilterReader, type NamePatterns, nameCondition, type TimeSpan } from '../../graphql/filter.ts'
import type { TimeWindow } from '../../graphql/types/enums.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope } from '../../identity/tenant-scope.ts'
import { badInputs } from '../../kit/errors.ts'
import { tryUuid, uuidFloor } from '../../kit/ids.ts'
import { READABLE_PAYLOAD } from '../search/readable-json.ts'

/** Filter of `events` and `eventStats`. Null, absent and empty fields do not narrow the result. */
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

/** The visible events: all, or those of one tenant together with system events of the types in `system`. */
export type EventScope = 'all' | { tenantId: string; system: readonly string[] }

/** A validated filter in the scope of an identity. */
export interface EventQuery extends TimeSpan {
  scope: EventScope
  types: NamePatterns | null
  sources: readonly string[] | null
  severities: readonly Severity[] | null
  correlationId: string | null
  /** Only these events; null for any. */
  ids: readonly string[] | null
  search: string | null
}

/**
 * Validates a filter. Null if no event can match (a tenant other than the identity's). `visibleTypes` are the types
 * whose system events every tenant sees; a filter that names a tenant excludes system events. Throws BAD_USER_INPUT
 * with all problems, at `path`.
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

/** Conditions of a query on `events e` without its scope. Values are appended to `values` as numbered parameters. */
function conditions(query: EventQuery, values: unknown[]): { ranges: string[]; matches: string[] } {
  const value = (parameter: unknown) => `$${values.push(parameter)}`
  const ranges: string[] = []
  // Time conditions are ranges of `id`: a UUIDv7 starts with the receipt time, so the planner can skip partitions.
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

/** Scope conditions on `events e`. */
export const ofTenant = (tenantId: string, value: (parameter: unknown) => string): string =>
  `e.tenant_id = ${value(tenantId)}`
export const ofSystem = (types: readonly string[], value: (parameter: unknown) => string): string =>
  `e.tenant_id IS NULL AND e.type = ANY(${value(types)}::text[])`

/**
 * The query as mutually exclusive arms. The index on (tenant_id, id) answers each arm in order, which it cannot do
 * for one condition with OR.
 *
 * Text conditions on a tenant's rows are wrapped in CASE. Postgres then never evaluates them on other tenants' rows,
 * whatever plan it chooses, and statistics about other tenants' texts do not influence the plan.
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

/** The query as a single condition on `events e`, for counting. */
export const eventWhere = (query: EventQuery, values: unknown[]): string =>
  eventArms(query, values)
    .map((arm) => `(${arm})`)
    .join(' OR ')
