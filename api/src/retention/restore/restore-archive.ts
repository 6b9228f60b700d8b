import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { auditedSql } from '../../audit/record.ts'
import { type ArchivedEvent, parseCloudEventLine } from '../../events/cloudevents/stored-event.ts'
import { conflict } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import { archiveLines } from '../archive/inspect.ts'
import type { ArchiveRow } from '../archive/list-archives.ts'
import type { ArchiveStore } from '../archive/store.ts'
import { lockForChange } from '../policies/lock.ts'
import { verifyArchive } from './verify-archive.ts'

export interface Restored {
  restored: number
  /** Number of events that existed already. */
  skipped: number
}

/** Maximum number of events in one statement, and maximum size of their payloads in bytes. */
const BATCH_EVENTS = 500
const BATCH_BYTES = 1024 * 1024

/**
 * Restores the events of an archive file at their old positions in the feed. They are marked as restored, and are
 * neither delivered nor evaluated by alert rules. The day is then kept for a full retention period again. Events that
 * exist are skipped, so an interrupted restore can be repeated, which it must be. Throws CONFLICT if the file is
 * missing or damaged; then nothing has changed.
 */
export async function restoreArchive(
  core: AppContext,
  store: ArchiveStore,
  caller: Caller,
  archive: ArchiveRow,
): Promise<Restored> {
  const { ok, error } = await verifyArchive(store, archive)
  if (!ok) throw conflict(`the archive file cannot be restored: ${error}`)
  const restoredAt = new Date(core.clock()).toISOString()
  await keepDay(core, caller, archive, restoredAt)
  await core.db.query('SELECT ensure_partitions($1::date, $1::date)', [archive.day])
  let restored = 0
  for await (const batch of batches(archiveLines(await store.read(archive.location))))
    restored += await insertEvents(core, batch, restoredAt)
  return { restored, skipped: archive.events - restored }
}

/**
 * Records that the day is restored. This is committed before the first event is inserted, so that no prune run deletes
 * it.
 */
async function keepDay(core: AppContext, caller: Caller, archive: ArchiveRow, restoredAt: string): Promise<void> {
  const { id, tenantId, day, events } = archive
  await auditedSql(core, caller, 'archive.restore', async (client) => {
    await lockForChange(client)
    await client.query(
      `INSERT INTO restored_days (tenant_id, day, restored_at) VALUES ($1, $2::date, $3)
       ON CONFLICT (tenant_id, day) DO UPDATE SET restored_at = excluded.restored_at`,
      [tenantId, day, restoredAt],
    )
    return {
      result: undefined,
      target: { type: 'archive', id: publicId('arc', id) },
      tenantId: tenantId === '' ? null : tenantId,
      after: { day, events },
    }
  })
}

async function* batches(lines: AsyncIterable<string>): AsyncGenerator<ArchivedEvent[]> {
  let batch: ArchivedEvent[] = []
  let bytes = 0
  for await (const line of lines) {
    batch.push(parseCloudEventLine(line))
    bytes += line.length
    if (batch.length < BATCH_EVENTS && bytes < BATCH_BYTES) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

/** Inserts events and updates the totals in one statement. Returns how many events were new. */
async function insertEvents({ db }: AppContext, events: readonly ArchivedEvent[], restoredAt: string): Promise<number> {
  const column = (field: (event: ArchivedEvent) => string | null) => events.map(field)
  const [row] = await db.query<{ restored: number }>(
    `WITH inserted AS (
       INSERT INTO events (id, seq, tenant_id, type, source, severity, subject, payload, occurred_at, received_at, published_by_kind,
         published_by_id, published_by_name, client_ip, correlation_id, causation_id, expires_at, trace_parent, trace_state, restored_at)
       SELECT id, seq, tenant, type, source, severity, subject, payload::json, occurred, received, kind, actor, name, ip, correlation, causation, expires, trace_parent,
         trace_state, $20
       FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::"Severity"[], $7::text[], $8::text[], $9::timestamptz[],
         $10::timestamptz[], $11::"ActorKind"[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::timestamptz[], $18::text[], $19::text[])
         AS e(id, seq, tenant, type, source, severity, subject, payload, occurred, received, kind, actor, name, ip, correlation, causation, expires,
           trace_parent, trace_state)
       ON CONFLICT (id) DO NOTHING RETURNING id, seq, tenant_id, type, severity
     ), gathered AS (
       SELECT array_agg(id) AS ids, array_agg(seq) AS seqs, array_agg(tenant_id) AS tenants, array_agg(type) AS types, array_agg(severity) AS severities
       FROM inserted HAVING count(*) > 0
     )
     SELECT cardinality(ids) AS restored, shift_event_totals(1, ids, seqs, tenants, types, severities) FROM gathered`,
    [
      column((event) => event.id),
      column((event) => event.seq),
      column((event) => event.tenantId),
      column((event) => event.type),
      column((event) => event.source),
      column((event) => event.severity),
      column((event) => event.subject),
      column((event) => event.payload),
      column((event) => event.occurredAt),
      column((event) => event.receivedAt),
      column((event) => event.publishedByKind),
      column((event) => event.publishedById),
      column((event) => event.publishedByName),
      column((event) => event.clientIp),
      column((event) => event.correlationId),
      column((event) => event.causationId),
      column((event) => event.expiresAt),
      column((event) => event.traceParent),
      column((event) => event.traceState),
      restoredAt,
    ],
  )
  return row?.restored ?? 0
}
