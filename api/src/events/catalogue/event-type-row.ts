import type { EventType } from '../../../../prisma/generated/client/client.ts'
import { JsonText } from '../../kit/json/json-text.ts'

/** A row of `event_types` with the schema and the example as the JSON text of their declaration. */
export interface EventTypeRow extends Omit<EventType, 'schema' | 'example'> {
  schema: JsonText | null
  example: JsonText | null
}

/** Columns of `event_types` that make up a StoredEventType. */
export const EVENT_TYPE_COLUMNS = `name, description, default_severity AS "defaultSeverity", schema::text, tenant_visible AS "tenantVisible",
  version, deprecated, example::text, created_at AS "createdAt", updated_at AS "updatedAt"`

/** An event type as the database driver returns it. */
export interface StoredEventType extends Omit<EventType, 'schema' | 'example'> {
  schema: string | null
  example: string | null
}

export const eventTypeRow = (row: StoredEventType): EventTypeRow => ({
  ...row,
  schema: row.schema === null ? null : new JsonText(row.schema),
  example: row.example === null ? null : new JsonText(row.example),
})
