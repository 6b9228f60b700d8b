import type { Identity } from '../access/identity.ts'
import { reaches } from '../access/tenants.ts'
import type { Range } from '../graphql/keyset.ts'
import type { Core } from '../kit/core.ts'
import type { Catalogue } from './catalogue.ts'
import type { EventRow } from './input.ts'
import { type EventFilter, eventArms, eventQuery } from './where.ts'

/** The columns of `events e` as an EventRow has them. */
export const EVENT_COLUMNS = `e.id, e.seq, e.tenant_id AS "tenantId", e.type, e.source, e.severity, e.subject, e.payload,
  e.occurred_at AS "occurredAt", e.received_at AS "receivedAt", e.published_by_kind AS "publishedByKind",
  e.published_by_id AS "publishedById", e.published_by_name AS "publishedByName", e.client_ip AS "clientIp",
  e.correlation_id AS "correlationId", e.causation_id AS "causationId"`

/**
 * The events that a filter leaves of what an identity may see, as ranges by keyset. The filter is checked at once
 * (BAD_USER_INPUT); rows are read when asked for.
 */
export async function listEvents(
  core: Core,
  catalogue: Catalogue,
  identity: Identity,
  filter?: EventFilter | null,
): Promise<(range: Range) => Promise<EventRow[]>> {
  const visible = identity.tenantId === null ? [] : await catalogue.visibleTypes()
  const query = eventQuery(identity, filter, visible, core.clock())
  if (!query) return async () => []
  return async ({ afterId, beforeId, take, order }) => {
    const values: unknown[] = []
    const arms = eventArms(query, values)
    const bounds = [
      afterId === null ? '' : ` AND e.id < $${values.push(afterId)}::uuid`,
      beforeId === null ? '' : ` AND e.id > $${values.push(beforeId)}::uuid`,
    ].join('')
    const direction = order === 'asc' ? 'ASC' : 'DESC'
    const limit = `LIMIT $${values.push(take)}`
    // Within an arm tenant_id is the same throughout, but of "IS NULL" the planner does not know that: only this order lets
    // it read the index on (tenant_id, id) from one end.
    const within = query.scope === 'all' ? `e.id ${direction}` : `e.tenant_id ${direction}, e.id ${direction}`
    const selects = arms.map(
      (arm) => `(SELECT ${EVENT_COLUMNS} FROM events e WHERE ${arm}${bounds} ORDER BY ${within} ${limit})`,
    )
    const [only, ...more] = selects
    if (more.length === 0) return select(core, only ?? '', values)
    return select(core, `${selects.join(' UNION ALL ')} ORDER BY id ${direction} ${limit}`, values)
  }
}

/** Events by id, of those that an identity may see. */
export async function eventsById(
  core: Core,
  catalogue: Catalogue,
  identity: Identity,
  ids: readonly string[],
): Promise<EventRow[]> {
  const rows = await select(core, `SELECT ${EVENT_COLUMNS} FROM events e WHERE e.id = ANY($1::uuid[])`, [ids])
  if (identity.tenantId === null) return rows
  const visible = new Set(await catalogue.visibleTypes())
  return rows.filter((row) => reaches(identity, row.tenantId) || (row.tenantId === null && visible.has(row.type)))
}

async function select(core: Core, text: string, values: unknown[]): Promise<EventRow[]> {
  const rows = await core.db.query<Omit<EventRow, 'seq'> & { seq: string }>(text, values)
  return rows.map((row) => ({ ...row, seq: BigInt(row.seq) }))
}
