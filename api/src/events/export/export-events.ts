import type { AppContext } from '../../app-context.ts'
import { csvRow } from '../../audit/csv.ts'
import { readCells } from '../../db/connections.ts'
import type { ExportFormat } from '../../http/export-route.ts'
import type { Identity } from '../../identity/identity.ts'
import { tenantContext } from '../../identity/tenant-context.ts'
import { newId, publicId } from '../../kit/ids.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { type ArchivedEvent, cloudEventLine, STORED_EVENT_COLUMNS, storedEventOf } from '../cloudevents/stored-event.ts'
import { encodeFeedCursor } from '../feed/cursor.ts'
import { type EventFilter, eventQuery, eventWhere } from '../read/event-filter.ts'

/** The columns of a CSV file. Their names are those of CloudEvents attributes. */
const COLUMNS: Readonly<Record<string, (event: ArchivedEvent) => string | null>> = {
  id: ({ id }) => publicId('evt', id),
  time: ({ occurredAt }) => occurredAt,
  receivedtime: ({ receivedAt }) => receivedAt,
  type: ({ type }) => type,
  source: ({ source }) => source,
  severity: ({ severity }) => severity,
  subject: ({ subject }) => subject,
  tenantid: ({ tenantId }) => tenantId,
  correlationid: ({ correlationId }) => correlationId,
  causationid: ({ causationId }) => causationId,
  expirytime: ({ expiresAt }) => expiresAt,
  traceparent: ({ traceParent }) => traceParent,
  publisherid: ({ publishedById }) => publishedById,
  data: ({ payload }) => payload,
}

/** A chunk ends when its payloads reach this size or when it has this many events. */
const PIECE_BYTES = 1024 * 1024
const MAX_EVENTS = 1_000
const FIRST_EVENTS = 16

/**
 * Exports the events that match a filter and that the identity may see, oldest first, as chunks of text. Only events
 * that exist when the export starts are included. NDJSON uses the CloudEvents JSON format, with the feed cursor instead
 * of the sequence number. Throws BAD_USER_INPUT for an invalid filter. Reading a later chunk rejects if the database
 * becomes unavailable.
 */
export async function exportEvents(
  core: AppContext,
  catalogue: Catalogue,
  identity: Identity,
  format: ExportFormat,
  filter: EventFilter,
): Promise<AsyncIterable<string>> {
  const visible = identity.tenantId === null ? [] : await catalogue.visibleTypes()
  const query = eventQuery(identity, filter, visible, core.clock(), [])
  const values: unknown[] = []
  const where = query && eventWhere(query, values)
  const until = newId()
  const toText = format === 'csv' ? csvLine : (event: ArchivedEvent) => ndjsonLine(core, event)

  async function* pieces(): AsyncGenerator<string> {
    if (format === 'csv') yield csvRow(Object.keys(COLUMNS))
    if (where === null) return
    const { db } = tenantContext(core, identity)
    const [after, before, most] = [1, 2, 3].map((n) => `$${values.length + n}`)
    const text = `SELECT ${STORED_EVENT_COLUMNS} FROM events e WHERE (${where}) AND e.id > ${after}::uuid AND e.id < ${before}::uuid ORDER BY e.id LIMIT ${most}`
    let last = '00000000-0000-0000-0000-000000000000'
    for (let limit = FIRST_EVENTS; ; ) {
      // The connection is released after each chunk, so that a slow client does not occupy it.
      const rows = await readCells(db, text, [...values, last, until, limit])
      const events = rows.map(storedEventOf)
      if (events.length > 0) yield events.map(toText).join('')
      if (events.length < limit) return
      last = events.at(-1)!.id
      const bytes = events.reduce((sum, { payload }) => sum + payload.length, 1)
      limit = Math.max(1, Math.min(MAX_EVENTS, limit * 4, Math.floor((PIECE_BYTES * events.length) / bytes)))
    }
  }
  return pieces()
}

const csvLine = (event: ArchivedEvent) => csvRow(Object.values(COLUMNS).map((cell) => cell(event)))

const ndjsonLine = (core: Pick<AppContext, 'env'>, event: ArchivedEvent) =>
  `${cloudEventLine(event, { cursor: encodeFeedCursor(core, BigInt(event.seq)) })}\n`
