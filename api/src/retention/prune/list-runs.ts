import type { ActorKind, RetentionSubject } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { KeysetRange } from '../../db/keyset.ts'
import type { SqlClient } from '../archive/read-day.ts'

/** A row of prune_scopes. `tenantId` is '' for system events, and for subjects of the whole installation. */
export interface PruneScopeRow {
  runId: string
  subject: RetentionSubject
  tenantId: string
  retentionDays: number
  cutoff: Date
  held: boolean
  prunedCount: number
  archivedCount: number
  archiveFiles: string[]
  droppedDays: number
  deletedDays: number
  durationMs: number
  error: string | null
  announcedAt: Date | null
}

export const SCOPE_COLUMNS = `run_id AS "runId", subject, tenant_id AS "tenantId", retention_days AS "retentionDays", cutoff, held,
  pruned_count::float8 AS "prunedCount", archived_count::float8 AS "archivedCount", archive_files AS "archiveFiles",
  dropped_days AS "droppedDays", deleted_days AS "deletedDays", duration_ms AS "durationMs", error, announced_at AS "announcedAt"`

/**
 * The scopes of runs: first those of the installation, then tenants by name. If `tenantId` is given, only those of this
 * tenant.
 */
export async function readScopes(
  client: SqlClient,
  runIds: readonly string[],
  tenantId: string | null = null,
): Promise<PruneScopeRow[]> {
  const { rows } = await client.query<PruneScopeRow>(
    `SELECT ${SCOPE_COLUMNS} FROM prune_scopes WHERE run_id = ANY($1::uuid[]) AND ($2::text IS NULL OR tenant_id = $2)
     ORDER BY run_id, subject DESC, tenant_id`,
    [runIds, tenantId],
  )
  return rows
}

/**
 * How a scope's events were deleted. `drop`: by whole partitions. `delete`: in batches. `hold`: not at all, because of
 * a legal hold. `none`: not at all, because nothing had expired.
 */
export function strategyOf({
  held,
  droppedDays,
  deletedDays,
}: Pick<PruneScopeRow, 'held' | 'droppedDays' | 'deletedDays'>): string {
  if (droppedDays > 0) return deletedDays > 0 ? 'drop+delete' : 'drop'
  if (deletedDays > 0) return 'delete'
  return held ? 'hold' : 'none'
}

export interface RunListRow {
  id: string
  startedAt: Date
  finishedAt: Date | null
  dryRun: boolean
  startedByKind: ActorKind
  startedById: string
  startedByName: string | null
}

const RUN_COLUMNS = `r.id, r.started_at AS "startedAt", r.finished_at AS "finishedAt", r.dry_run AS "dryRun",
  r.started_by_kind AS "startedByKind", r.started_by_id AS "startedById", r.started_by_name AS "startedByName"`

type Query = AppContext['db']['query']

/** All runs, newest first. Every identity sees the runs, but only the results of its own scopes (`readScopes`). */
export const listRuns =
  (query: Query) =>
  ({ afterId, beforeId, take, order }: KeysetRange): Promise<RunListRow[]> =>
    query<RunListRow>(
      `SELECT ${RUN_COLUMNS} FROM prune_runs r WHERE ($1::uuid IS NULL OR r.id < $1) AND ($2::uuid IS NULL OR r.id > $2)
       ORDER BY r.id ${order} LIMIT $3`,
      [afterId, beforeId, take],
    )

export const runsById = (query: Query, ids: readonly string[]): Promise<RunListRow[]> =>
  query<RunListRow>(`SELECT ${RUN_COLUMNS} FROM prune_runs r WHERE r.id = ANY($1::uuid[])`, [ids])

/** Reads a run, which must exist. */
export async function readRun(query: Query, id: string): Promise<RunListRow> {
  const [run] = await runsById(query, [id])
  if (!run) throw new Error(`there is no prune run ${id}`)
  return run
}

/** The newest run, finished or not, without dry runs. */
export async function lastRun(query: Query): Promise<RunListRow | null> {
  const [run] = await query<RunListRow>(
    `SELECT ${RUN_COLUMNS} FROM prune_runs r WHERE NOT r.dry_run ORDER BY r.id DESC LIMIT 1`,
  )
  return run ?? null
}
