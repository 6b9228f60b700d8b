import type { AuditSnapshot } from '../../audit/entry.ts'
import { type BulkReplayRow, skippedOf } from './rows.ts'

/** The fields of a bulk replay that audit entries contain. */
export const bulkReplaySnapshot = (row: BulkReplayRow): AuditSnapshot => ({
  status: row.status,
  paused: row.paused,
  total: row.total,
  replayed: row.replayed,
  skipped: skippedOf(row),
  filter: row.filter,
  reason: row.reason,
  ratePerSecond: row.ratePerSecond,
  canary: row.canary,
  skipUnhealthy: row.skipUnhealthy,
  force: row.force,
  minLikelihood: row.minLikelihood,
  stopAfterFailures: row.stopAfterFailures,
})
