import type { Event } from '../../../prisma/generated/client/client.ts'
import type { Query } from '../db/snapshot.ts'
import { JsonText } from '../kit/json/json-text.ts'

/** A row of `events`. The payload is the JSON text that the producer sent. */
export interface EventRow extends Omit<Event, 'payload'> {
  payload: JsonText
}

/** The columns of `events e` that a StoredEvent has. */
export const EVENT_COLUMNS = `e.id, e.seq, e.tenant_id AS "tenantId", e.type, e.source, e.severity, e.subject, e.payload::text AS payload,
  e.occurred_at AS "occurredAt", e.received_at AS "receivedAt", e.published_by_kind AS "publishedByKind",
  e.published_by_id AS "publishedById", e.published_by_name AS "publishedByName", e.client_ip AS "clientIp",
  e.correlation_id AS "correlationId", e.causation_id AS "causationId", e.expires_at AS "expiresAt", e.trace_parent AS "traceParent",
  e.trace_state AS "traceState", e.restored_at AS "restoredAt"`

/** A row of `events` as the database driver returns it. */
export interface StoredEvent extends Omit<Event, 'seq' | 'payload'> {
  seq: string
  payload: string
}

export const eventRow = <Row extends StoredEvent>(row: Row): Omit<Row, 'seq' | 'payload'> & EventRow => ({
  ...row,
  seq: BigInt(row.seq),
  payload: new JsonText(row.payload),
})

/**
 * The events with these ids, in no particular order. Ids of events that do not exist are skipped. The tenant is not
 * checked; the caller must do that.
 */
export async function readEventsById(read: Query, ids: readonly string[]): Promise<EventRow[]> {
  const rows = await read<StoredEvent>(`SELECT ${EVENT_COLUMNS} FROM events e WHERE e.id = ANY($1::uuid[])`, [ids])
  return rows.map(eventRow)
}
