import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { newId } from '../../kit/ids.ts'
import type { SqlClient } from '../archive/read-day.ts'
import type { PruneRunRow } from './task.ts'

const DAY_MS = 86_400_000
/** How long runs that pruned and archived nothing are listed. The others are listed for a year. */
const IDLE_KEPT_MS = 7 * DAY_MS
const KEPT_MS = 365 * DAY_MS

/** Creates a run, unless there is an unfinished one. */
export async function insertRun(
  { db, clock }: Pick<AppContext, 'clock'> & { db: { query: AppContext['db']['query'] } },
  { kind, id, name }: Identity,
): Promise<void> {
  await db.query(
    `INSERT INTO prune_runs (id, started_at, dry_run, started_by_kind, started_by_id, started_by_name)
     SELECT $1, $2, false, $3, $4, $5
     WHERE NOT EXISTS (SELECT FROM prune_runs WHERE finished_at IS NULL AND NOT dry_run)`,
    [newId(), new Date(clock()).toISOString(), kind, id, name],
  )
}

/** The oldest unfinished run. */
export async function nextRun(client: SqlClient): Promise<PruneRunRow | undefined> {
  const { rows } = await client.query<PruneRunRow>(
    `SELECT id, started_at AS "startedAt", dry_run AS "dryRun" FROM prune_runs WHERE finished_at IS NULL AND NOT dry_run ORDER BY id LIMIT 1`,
  )
  return rows[0]
}

/** Deletes the rows of old runs, but never the newest run. */
export async function forgetOldRuns(client: SqlClient, now: number): Promise<void> {
  await client.query(
    `DELETE FROM prune_runs r WHERE finished_at < $1 AND id < (SELECT id FROM prune_runs ORDER BY id DESC LIMIT 1)
       AND (finished_at < $2 OR NOT EXISTS (SELECT FROM prune_scopes s WHERE s.run_id = r.id
         AND (s.pruned_count > 0 OR s.archived_count > 0 OR s.error IS NOT NULL)))`,
    [new Date(now - IDLE_KEPT_MS).toISOString(), new Date(now - KEPT_MS).toISOString()],
  )
}
