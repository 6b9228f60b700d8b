import { newId } from '../../kit/ids.ts'
import { archiveDay } from '../archive/write-day.ts'
import { type Day, dayName } from '../policies/policy.ts'
import { addProgress, eventScope } from './scope-rows.ts'
import type { PruneTask } from './task.ts'

/**
 * Archives the events of a tenant and day that no file contains yet. False if that failed: then the events must be
 * kept. The reason is stored in the run's result and published as an event, and the next run tries again. Rejects if
 * the process stops.
 */
export async function archiveScope(task: PruneTask, tenantId: string | null, day: Day): Promise<boolean> {
  const { client, core, run, signal, store } = task
  if (store === null) return true
  const started = performance.now()
  try {
    const written = await archiveDay({ client, store, now: core.clock, signal }, tenantId, day)
    if (written === null) return true
    const { part, manifest, firstId, lastId, lastSeq, location } = written
    const { events, bytes, sha256 } = manifest
    const now = new Date(core.clock()).toISOString()
    await client.query('BEGIN')
    await client.query(
      `INSERT INTO archive_files (id, tenant_id, day, part, events, bytes, sha256, first_id, last_id, last_seq, location, created_at, verified_at)
       VALUES ($1, $2, $3::date, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)`,
      [newId(), tenantId ?? '', dayName(day), part, events, bytes, sha256, firstId, lastId, lastSeq, location, now],
    )
    const durationMs = performance.now() - started
    await addProgress(client, run.id, eventScope(tenantId), { archived: events, archiveFile: location, durationMs })
    await client.query('COMMIT')
    return true
  } catch (error) {
    signal.throwIfAborted()
    // Rejects if the connection is broken.
    await client.query('ROLLBACK')
    const reason = error instanceof Error ? error.message : String(error)
    core.log.warn(
      { err: error, tenantId, day: dayName(day), run: run.id },
      'events could not be archived; they are kept',
    )
    const problem = `${dayName(day)} could not be archived and was kept: ${store.target}: ${reason}`
    await addProgress(client, run.id, eventScope(tenantId), { error: problem, durationMs: performance.now() - started })
    return false
  }
}
