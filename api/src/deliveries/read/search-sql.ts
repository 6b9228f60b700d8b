import type { Read } from '../../db/snapshot.ts'
import type { SqlValue } from '../../db/sql-value.ts'
import { uuidFloor, uuidTime } from '../../kit/ids.ts'
import { secretUrlSql, URL_IN_TEXT } from '../../webhooks/visible-url.ts'
import type { DeliveryQuery } from './delivery-filter.ts'
import type { DeliverySearch } from './delivery-search.ts'

/** Maximum events per correlation id whose deliveries a search returns, newest first. */
const MAX_CORRELATED = 1_000

/** Resolves references of a search text to other tables, so that each delivery can be matched by its own row. */
export async function resolveSearch(read: Read, query: DeliveryQuery): Promise<DeliveryQuery> {
  const { search, scope } = query
  if (search === null || search.webhookIds !== null) return query
  const tenant = scope === 'all' ? null : scope.tenantId
  const webhooks = await read<{ id: string }>(
    'SELECT id FROM webhooks WHERE name ILIKE $1 AND ($2::text IS NULL OR tenant_id = $2)',
    [likePattern(search.text), tenant],
  )
  // Deliveries of a tenant carry events of that tenant and system events.
  const events = await read<{ id: string }>(
    `SELECT id FROM events WHERE correlation_id = $1 AND ($2::text IS NULL OR tenant_id = $2 OR tenant_id IS NULL)
     ORDER BY correlation_id DESC, id DESC LIMIT ${MAX_CORRELATED}`,
    [search.text, tenant],
  )
  return {
    ...query,
    search: { ...search, webhookIds: webhooks.map(({ id }) => id), eventIds: events.map(({ id }) => id) },
  }
}

/**
 * Pattern of an identifier, as opposed to a word. A search for a whole correlation id means only the events with that
 * id.
 */
const IDENTIFIER = /^(?=.*\d)[\w.:/-]{8,}$/

/**
 * A condition that an index answers, if the search is a whole id or correlation id; otherwise null. Such deliveries
 * are few: all are read and sorted.
 */
export function identifiedSql({ id, eventIds, text }: DeliverySearch, value: SqlValue): string | null {
  if (id?.kind === 'dlv') return `d.id = ${value(id.uuid)}::uuid`
  if (id?.kind === 'evt') return ofEvents([id.uuid], value)
  if (id?.kind === 'whk') return `d.webhook_id = ${value(id.uuid)}::uuid`
  return eventIds.length > 0 && IDENTIFIER.test(text) ? ofEvents(eventIds, value) : null
}

/** Includes a bound on the id, so that partitions before the first event are skipped. */
const ofEvents = (ids: readonly string[], value: SqlValue) =>
  `d.event_id = ANY(${value(ids)}::uuid[]) AND d.id >= ${value(uuidFloor(Math.min(...ids.map(uuidTime)) - SKEW_MS))}::uuid`

/** Maximum clock difference between two machines. */
const SKEW_MS = 60_000

/** The condition that a delivery matches a search, which must be resolved. */
export function searchCondition({ seesSecretUrls }: DeliveryQuery, search: DeliverySearch, value: SqlValue): string {
  if (search.webhookIds === null) throw new Error('a search was not resolved')
  const identified = identifiedSql(search, value)
  if (identified !== null) return `(${identified})`
  const pattern = value(likePattern(search.text))
  const secret = `d.webhook_id IN (SELECT w.id FROM webhooks w WHERE ${secretUrlSql('w')})`
  const within = (column: string, masked: () => string) =>
    `${seesSecretUrls ? column : `CASE WHEN ${secret} THEN ${masked()} ELSE ${column} END`} ILIKE ${pattern}`
  const parts = [
    `d.event_type ILIKE ${pattern}`,
    `d.subject ILIKE ${pattern}`,
    within('d.target_url', () => `substring(d.target_url FROM '^https?://[^/?#]*')`),
    within('d.last_error', () => `regexp_replace(d.last_error, ${value(URL_IN_TEXT)}, '', 'gi')`),
  ]
  if (search.webhookIds.length > 0) parts.push(`d.webhook_id = ANY(${value(search.webhookIds)}::uuid[])`)
  if (search.eventIds.length > 0) parts.push(`d.event_id = ANY(${value(search.eventIds)}::uuid[])`)
  return `(${parts.join(' OR ')})`
}

const likePattern = (text: string) => `%${text.replace(/[\\%_]/g, '\\$&')}%`
