import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'
import { uuidFloor } from '../../kit/ids.ts'
import { createArchiveStore } from '../archive/create-store.ts'
import { archiveName } from '../archive/manifest.ts'
import type { SqlClient } from '../archive/read-day.ts'
import { DAY_MS, type Day, dayName } from '../policies/policy.ts'
import { plansOf } from './execute.ts'
import { openScopes } from './open-scopes.ts'
import { addProgress, eventScope } from './scope-rows.ts'
import { type PruneRunRow, readCurrentPolicies } from './task.ts'

/** Records what a run would do now, as a run with the same plan and with the expected counts. */
export async function dryRun(core: AppContext, client: PoolClient, id: string): Promise<void> {
  const { rows } = await client.query<PruneRunRow>(
    `SELECT id, started_at AS "startedAt", dry_run AS "dryRun" FROM prune_runs WHERE id = $1`,
    [id],
  )
  const run = rows[0]!
  const policies = await readCurrentPolicies({ core, client })
  const plans = await plansOf({ client, run }, policies)
  await openScopes({ client, run }, policies, plans)
  const store = core.env.EVENT_ARCHIVE_ENABLED ? createArchiveStore(core.env) : null
  for (const { day, how, scopes } of plans) {
    for (const { tenantId, events } of scopes) {
      const next = store ? await nextArchive(client, tenantId, day) : { events: 0, part: 1 }
      await addProgress(client, id, eventScope(tenantId), {
        pruned: events,
        archived: next.events,
        ...(store && next.events > 0 && { archiveFile: store.locationOf(archiveName(tenantId, day, next.part)) }),
        ...(how === 'drop' ? { droppedDays: 1 } : { deletedDays: 1 }),
      })
    }
  }
  await client.query('UPDATE prune_runs SET finished_at = $2 WHERE id = $1', [id, new Date(core.clock()).toISOString()])
}

/**
 * The number of events of a day that no archive file contains yet, and the number of the part to which they would be
 * written.
 */
async function nextArchive(
  client: SqlClient,
  tenantId: string | null,
  day: Day,
): Promise<{ events: number; part: number }> {
  const { rows } = await client.query<{ events: number; part: number }>(
    `SELECT count(*)::int AS events, a.part FROM events e,
       (SELECT coalesce(max(part), 0) + 1 AS part, coalesce(max(last_seq), 0) AS last_seq FROM archive_files WHERE tenant_id = coalesce($1, '') AND day = $2::date) AS a
     WHERE e.tenant_id IS NOT DISTINCT FROM $1 AND e.id >= $3::uuid AND e.id < $4::uuid AND e.seq > a.last_seq GROUP BY a.part`,
    [tenantId, dayName(day), uuidFloor(day * DAY_MS), uuidFloor((day + 1) * DAY_MS)],
  )
  return rows[0] ?? { events: 0, part: 1 }
}
