import type { Db } from '../../db/pool.ts'
import { tryUuid } from '../../kit/ids.ts'
import { type EventQuery, eventWhere } from './event-filter.ts'

/** Matches identifiers, not words. If a search text is a complete correlation id, only events with that id match. */
const IDENTIFIER = /^(?=.*\d)[\w.:/-]{8,}$/

/**
 * Replaces ids in a search. If the text is a delivery id (dlv_...), the query looks for the delivery's event. If it is
 * a complete correlation id, the query looks for its events. Any other query is returned unchanged.
 */
export async function identifySearch({ query: read }: Pick<Db, 'query'>, query: EventQuery): Promise<EventQuery> {
  const { search, scope, correlationId } = query
  if (search === null) return query
  const delivery = tryUuid('dlv', search)
  if (delivery !== null) {
    const rows = await read<{ event_id: string }>(
      'SELECT event_id FROM deliveries WHERE id = $1 AND ($2::text IS NULL OR tenant_id = $2)',
      [delivery, scope === 'all' ? null : scope.tenantId],
    )
    return { ...query, ids: rows.map(({ event_id }) => event_id), search: null }
  }
  if (correlationId !== null || !IDENTIFIER.test(search)) return query
  const correlated = { ...query, correlationId: search, search: null }
  const values: unknown[] = []
  const [match] = await read(`SELECT 1 FROM events e WHERE ${eventWhere(correlated, values)} LIMIT 1`, values)
  return match ? correlated : query
}
