import type { Read } from '../../db/snapshot.ts'
import type { SqlValue } from '../../db/sql-value.ts'
import { uuidFloor, uuidTime } from '../../kit/ids.ts'
import { escapeLike } from '../../kit/like.ts'
import { secretUrlSql, URL_IN_TEXT } from '../../webhooks/visible-url.ts'
import type { DeliveryQuery } from './delivery-filter.ts'
import type { DeliverySearch } from './delivery-search.ts'

/** A search for a correlation id considers the deliveries of at most this many events, the newest ones. */
const MAX_CORRELATED = 1_000

/**
 * Looks up the webhooks and events that a search text refers to. After that, each delivery can be matched by its own
 * columns.
 */
export async function resolveSearch(read: Read, query: DeliveryQuery): Promise<DeliveryQuery> {
  const { search, scope } = query
  if (search === null || search.webhookIds !== null) return query
  const tenant = scope === 'all' ? null : scope.tenantId
  const webhooks = await read<{ id: string }>(
    'SELECT id FROM webhooks WHERE name ILIKE $1 AND ($2::text IS NULL OR tenant_id = $2)',
    [likePattern(search.text), tenant],
  )
  // A tenant's webhooks receive events of the tenant and system events.
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
 * Matches identifiers, not words. If the search text is a complete correlation id, only deliveries of events with that
 * id match.
 */
const IDENTIFIER = /^(?=.*\d)[\w.:/-]{8,}$/

/**
 * If the search text is a complete id or correlation id: a condition that an index can answer. Otherwise null. So few
 * deliveries match that all are read and sorted, except for a webhook id.
 */
export function identifiedSql({ id, eventIds, text }: DeliverySearch, value: SqlValue): string | null {
  if (id?.kind === 'dlv') return `d.id = ${value(id.uuid)}::uuid`
  if (id?.kind === 'evt') return ofEvents([id.uuid], value)
  if (id?.kind === 'whk') return `d.webhook_id = ${value(id.uuid)}::uuid`
  return eventIds.length > 0 && IDENTIFIER.test(text) ? ofEvents(eventIds, value) : null
}

/** Also limits the id, so that partitions older than the first event are not read. */
const ofEvents = (ids: readonly string[], value: SqlValue) =>
  `d.event_id = ANY(${value(ids)}::uuid[]) AND d.id >= ${value(uuidFloor(Math.min(...ids.map(uuidTime)) - SKEW_MS))}::uuid`

/** Maximum difference between the clocks of two machines. */
const SKEW_MS = 60_000

/** The condition that a delivery matches a search. The search must have been resolved with `resolveSearch`. */
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

const likePattern = (text: string) => `%${escapeLike(text)}%`
