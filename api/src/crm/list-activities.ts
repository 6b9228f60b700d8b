import type { KeysetRange } from '../db/keyset.ts'
import type { Context } from '../graphql/context.ts'
import { createLoader } from '../graphql/loader.ts'
import { createPageLoader } from '../graphql/page-loader.ts'
import type { ActivityRow } from './load.ts'

const COLUMNS = `a.id, a.lead_id AS "leadId", a.tenant_id AS "tenantId", a.kind, a.body, a.summary, a.summarized_by AS "summarizedBy",
  a.occurred_at AS "occurredAt", a.created_at AS "createdAt"`

/** A page of the activities of each lead, newest first. The leads have been loaded, so the caller may see them. */
export const activitiesPage = createPageLoader<ActivityRow, null>(
  (leadIds, range, _options, context) => readPages(context, leadIds, range),
  (row) => row.leadId,
)

function readPages({ core }: Context, leadIds: readonly string[], range: KeysetRange): Promise<ActivityRow[]> {
  const values: unknown[] = [leadIds, range.take]
  const bounds = ['a.lead_id = l.id']
  if (range.afterId !== null) bounds.push(`a.id < $${values.push(range.afterId)}::uuid`)
  if (range.beforeId !== null) bounds.push(`a.id > $${values.push(range.beforeId)}::uuid`)
  const order = range.order === 'asc' ? 'ASC' : 'DESC'
  return core.db.query<ActivityRow>(
    `SELECT a.* FROM unnest($1::uuid[]) AS l(id) CROSS JOIN LATERAL (
       SELECT ${COLUMNS} FROM activities a WHERE ${bounds.join(' AND ')} ORDER BY a.id ${order} LIMIT $2) AS a
     ORDER BY a.id ${order}`,
    values,
  )
}

/** The number of activities of each lead. */
export const activityCountLoader = createLoader<number>(async (leadIds, { core }) => {
  const rows = await core.db.query<{ id: string; n: number }>(
    'SELECT lead_id AS id, count(*)::int AS n FROM activities WHERE lead_id = ANY ($1::uuid[]) GROUP BY lead_id',
    [leadIds],
  )
  return new Map(rows.map(({ id, n }) => [id, n]))
})
