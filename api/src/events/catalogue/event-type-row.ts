import type { EventType } from '../../../../prisma/generated/client/client.ts'
import { JsonText } from '../../kit/json/json-text.ts'

/** A row of `event_types`. Schema and example are the JSON text that was declared. */
export interface EventTypeRow extends Omit<EventType, 'schema' | 'example'> {
  schema: JsonText | null
  example: JsonText | null
}

/** The columns of `event_types` that a StoredEventType has. */
export const EVENT_TYPE_COLUMNS = `name, description, default_severity AS "defaultSeverity", schema::text, tenant_visible AS "tenantVisible",
  version, deprecated, example::text, created_at AS "createdAt", updated_at AS "updatedAt"`

/** A row of `event_types` as the database driver returns it. */
export interface StoredEventType extends Omit<EventType, 'schema' | 'example'> {
  schema: string | null
  example: string | null
}

export const eventTypeRow = (row: StoredEventType): EventTypeRow => ({
  ...row,
  schema: row.schema === null ? null : new JsonText(row.schema),
  example: row.example === null ? null : new JsonText(row.example),
})
