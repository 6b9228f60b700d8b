import { cutoffOf, daysOf, type Policies } from '../policies/policy.ts'
import type { DayPlan } from './plan.ts'
import type { PruneTask } from './task.ts'

/**
 * Creates a row for every scope of a run: system events, the events of each tenant, and alerts and the audit trail if
 * they expire. If the run is continued, the rows keep their counts and get the current policies.
 */
export async function openScopes(
  { client, run }: Pick<PruneTask, 'client' | 'run'>,
  policies: Policies,
  plans: readonly DayPlan[],
): Promise<void> {
  const now = run.startedAt.getTime()
  const { rows } = await client.query<{ id: string }>('SELECT id FROM tenants')
  const planned = plans.flatMap(({ scopes }) => scopes.flatMap(({ tenantId }) => tenantId ?? []))
  const tenants = new Set([...rows.map(({ id }) => id), ...planned])
  const keys = [...tenants].map((tenantId) => ({ subject: 'EVENTS' as const, tenantId }))
  const others = (['SYSTEM_EVENTS', 'ALERTS', 'AUDIT'] as const).map((subject) => ({ subject, tenantId: '' }))
  const scopes = [...keys, ...others].flatMap(({ subject, tenantId }) => {
    const days = daysOf(policies, subject, tenantId === '' ? null : tenantId)
    if (days === null) return []
    return [{ subject, tenantId, days, cutoff: cutoffOf(now, days).toISOString(), held: policies.holds.has(tenantId) }]
  })
  await client.query(
    `INSERT INTO prune_scopes (run_id, subject, tenant_id, retention_days, cutoff, held)
     SELECT $1, subject, "tenantId", days, cutoff, held
     FROM json_to_recordset($2) AS s(subject "RetentionSubject", "tenantId" text, days int, cutoff timestamptz, held boolean)
     ON CONFLICT (run_id, subject, tenant_id) DO UPDATE
       SET retention_days = excluded.retention_days, cutoff = excluded.cutoff, held = excluded.held`,
    [run.id, JSON.stringify(scopes)],
  )
}
