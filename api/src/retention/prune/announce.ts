import { publicId } from '../../kit/ids.ts'
import { type PruneScopeRow, readScopes, strategyOf } from './list-runs.ts'
import type { PruneTask } from './task.ts'

/**
 * Publishes the results of a run: `ops.events.pruned` for each scope whose events were pruned, and
 * `ops.events.prune.failed` for each scope whose expired events had to be kept. If the run is killed here, another
 * process continues it; the idempotency keys prevent that an event is published twice.
 */
export async function announceScopes({ client, run, publisher, core }: PruneTask): Promise<void> {
  for (const scope of await readScopes(client, [run.id])) {
    if (scope.announcedAt !== null || scope.subject === 'AUDIT' || scope.subject === 'ALERTS') continue
    const tenantId = scope.tenantId === '' ? null : scope.tenantId
    const key = `${publicId('prn', run.id)}:${scope.tenantId}`
    if (scope.prunedCount > 0)
      await publisher.publishAsSystem('aether-retention', {
        type: 'ops.events.pruned',
        severity: 'INFO',
        tenantId,
        payload: prunedPayload(run.id, scope),
        idempotencyKey: `${key}:pruned`,
      })
    if (scope.error !== null)
      await publisher.publishAsSystem('aether-retention', {
        type: 'ops.events.prune.failed',
        severity: 'ERROR',
        tenantId,
        payload: { run: publicId('prn', run.id), error: scope.error, cutoff: scope.cutoff.toISOString() },
        idempotencyKey: `${key}:failed`,
      })
    await client.query(
      'UPDATE prune_scopes SET announced_at = $4 WHERE run_id = $1 AND subject = $2 AND tenant_id = $3',
      [run.id, scope.subject, scope.tenantId, new Date(core.clock()).toISOString()],
    )
  }
}

const prunedPayload = (runId: string, scope: PruneScopeRow) => ({
  run: publicId('prn', runId),
  pruned_count: scope.prunedCount,
  cutoff: scope.cutoff.toISOString(),
  retention_days: scope.retentionDays,
  archived: scope.archivedCount,
  archive_files: scope.archiveFiles,
  strategy: strategyOf(scope),
  duration_ms: Math.round(scope.durationMs),
})
