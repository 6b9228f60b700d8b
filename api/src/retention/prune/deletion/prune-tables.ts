import type { ExpiringTable } from '../../../db/expiring-table.ts'
import { lockForDeletion } from '../../policies/lock.ts'
import { cutoffOf, type Policies } from '../../policies/policy.ts'
import type { PruneTask } from '../task.ts'
import { createPace } from './pace.ts'
import { transaction } from './transaction.ts'

const LOCK_TIMEOUT_MS = 200
const TRIES = 20

/** Prunes the tables that other features have registered. Returns how many of the deleted rows count as alerts. */
export async function pruneTables(task: PruneTask, policies: Policies): Promise<number> {
  let alerts = 0
  for (const table of task.tables) {
    const pruned = await pruneTable(task, table, policies)
    if (table.subject === 'ALERTS') alerts += pruned
  }
  return alerts
}

async function pruneTable(task: PruneTask, table: ExpiringTable, policies: Policies): Promise<number> {
  const { client, signal } = task
  const [tenants, installation] =
    table.subject === 'ALERTS' ? [policies.alerts, policies.alerts] : [policies.events, policies.systemEvents]
  if (tenants === null || installation === null) return 0
  const cutoff = (days: number) => cutoffOf(task.run.startedAt.getTime(), days).toISOString()
  const tenantDays = table.subject === 'EVENTS' ? [...policies.tenants] : []
  const values = [
    cutoff(tenants),
    cutoff(installation),
    tenantDays.map(([tenantId]) => tenantId),
    tenantDays.map(([, ofTenant]) => cutoff(ofTenant)),
  ]
  const pace = createPace(client, signal)
  let total = 0
  for (let pruned = 1; pruned > 0; ) {
    const started = performance.now()
    pruned = await transaction(client, { signal, lockTimeoutMs: LOCK_TIMEOUT_MS, tries: TRIES }, async () => {
      await lockForDeletion(client)
      const { rowCount } = await client.query(deletion(table), [...values, pace.limit()])
      return rowCount ?? 0
    })
    total += pruned
    await pace.next(performance.now() - started)
  }
  return total
}

/**
 * SQL that deletes expired rows. $1 and $2: the cutoffs of tenants and of the installation; $3 and $4: the tenants with
 * their own cutoff, and these cutoffs; $5: maximum number of rows.
 */
function deletion({ table, tenantColumn, ageColumn, isFinal = 'true' }: ExpiringTable): string {
  const cutoff = `coalesce(p.cutoff, CASE WHEN t.${tenantColumn} IS NULL THEN $2::timestamptz ELSE $1::timestamptz END)`
  const isOld = ageColumn === undefined ? `t.id < uuid7_floor(${cutoff})` : `t.${ageColumn} < ${cutoff}`
  return `DELETE FROM ${table} WHERE id = ANY(ARRAY(
    SELECT t.id FROM ${table} t LEFT JOIN unnest($3::text[], $4::timestamptz[]) AS p(tenant_id, cutoff) ON p.tenant_id = t.${tenantColumn}
    WHERE ${isOld} AND (${isFinal}) AND NOT EXISTS (SELECT FROM legal_holds h WHERE h.tenant_id = t.${tenantColumn}) LIMIT $5))`
}
