import type { KeysetRange } from '../db/keyset.ts'
import type { Context } from '../graphql/context.ts'
import { createLoader } from '../graphql/loader.ts'
import type { ActivityRow } from './load.ts'

const COLUMNS = `a.id, a.lead_id AS "leadId", a.tenant_id AS "tenantId", a.kind, a.body, a.summary, a.summarized_by AS "summarizedBy",
  a.occurred_at AS "occurredAt", a.created_at AS "createdAt"`

/** A page of each lead's activities: leads of one list ask for the same range, and are then read by one statement. */
const pageLoader = createLoader<ActivityRow[]>(async (keys, context) => {
  const byRange = new Map<string, string[]>()
  for (const key of keys) {
    const { leadId, ...range } = JSON.parse(key) as KeysetRange & { leadId: string }
    const text = JSON.stringify(range)
    byRange.set(text, [...(byRange.get(text) ?? []), leadId])
  }
  const pages = new Map<string, ActivityRow[]>()
  for (const [text, leadIds] of byRange) {
    const range = JSON.parse(text) as KeysetRange
    const rows = await readPages(context, leadIds, range)
    for (const leadId of leadIds)
      pages.set(
        keyOf(leadId, range),
        rows.filter((row) => row.leadId === leadId),
      )
  }
  return pages
})

const keyOf = (leadId: string, { afterId, beforeId, take, order }: KeysetRange) =>
  JSON.stringify({ leadId, afterId, beforeId, take, order })

/** The activities of a lead that was loaded, hence within reach, newest first. */
export const activitiesOf = async (context: Context, leadId: string, range: KeysetRange): Promise<ActivityRow[]> =>
  (await pageLoader(context).load(keyOf(leadId, range))) ?? []

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

/** How many activities each lead has. */
export const activityCountLoader = createLoader<number>(async (leadIds, { core }) => {
  const rows = await core.db.query<{ id: string; n: number }>(
    'SELECT lead_id AS id, count(*)::int AS n FROM activities WHERE lead_id = ANY ($1::uuid[]) GROUP BY lead_id',
    [leadIds],
  )
  return new Map(rows.map(({ id, n }) => [id, n]))
})
