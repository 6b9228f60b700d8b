import type { RetentionSubject } from '../../../../prisma/generated/client/enums.ts'
import type { SqlClient } from '../archive/read-day.ts'

/** Identifies the row of a scope within a run: the subject, and the tenant ('' for the installation). */
export interface ScopeKey {
  subject: RetentionSubject
  tenantId: string
}

export const eventScope = (tenantId: string | null): ScopeKey =>
  tenantId === null ? { subject: 'SYSTEM_EVENTS', tenantId: '' } : { subject: 'EVENTS', tenantId }

/** The progress of a scope since the last update. */
export interface Progress {
  pruned?: number
  archived?: number
  archiveFile?: string
  droppedDays?: number
  deletedDays?: number
  durationMs?: number
  error?: string
}

const MAX_ERROR = 1_000

/**
 * Adds progress to a scope's row, in the same transaction as the counted change. Of several errors, the first is kept.
 */
export async function addProgress(
  client: SqlClient,
  runId: string,
  { subject, tenantId }: ScopeKey,
  progress: Progress,
): Promise<void> {
  const {
    pruned = 0,
    archived = 0,
    archiveFile = null,
    droppedDays = 0,
    deletedDays = 0,
    durationMs = 0,
    error = null,
  } = progress
  await client.query(
    `UPDATE prune_scopes SET pruned_count = pruned_count + $4, archived_count = archived_count + $5,
       archive_files = array_cat(archive_files, array_remove(ARRAY[$6::text], NULL)), dropped_days = dropped_days + $7,
       deleted_days = deleted_days + $8, duration_ms = duration_ms + $9, error = coalesce(error, $10)
     WHERE run_id = $1 AND subject = $2 AND tenant_id = $3`,
    [
      runId,
      subject,
      tenantId,
      pruned,
      archived,
      archiveFile,
      droppedDays,
      deletedDays,
      durationMs,
      error?.slice(0, MAX_ERROR) ?? null,
    ],
  )
}
