import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'
import type { ExpiringTable } from '../../db/expiring-table.ts'
import type { Publisher } from '../../events/publish/publish.ts'
import type { SqlClient } from '../archive/read-day.ts'
import type { ArchiveStore } from '../archive/store.ts'
import { type Day, dayName, type Policies, stateOfDay } from '../policies/policy.ts'
import { readPolicies } from '../policies/read-policies.ts'

export interface PruneRunRow {
  id: string
  startedAt: Date
  dryRun: boolean
}

/**
 * What a run needs. All statements use one connection, which also holds the lock of the pruner. So the run ends if the
 * connection breaks.
 */
export interface PruneTask {
  core: Pick<AppContext, 'env' | 'log' | 'clock' | 'db'>
  client: PoolClient
  run: PruneRunRow
  publisher: Pick<Publisher, 'publishAsSystem'>
  /** Null if archiving is off. */
  store: ArchiveStore | null
  tables: readonly ExpiringTable[]
  /** Aborted when the process stops. */
  signal: AbortSignal
}

export const readCurrentPolicies = ({ core, client }: Pick<PruneTask, 'core' | 'client'>): Promise<Policies> =>
  readPolicies(async <Row extends object>(text: string, values?: unknown[]) => {
    const { rows } = await client.query(text, values)
    return rows as Row[]
  }, core.env)

/** Reads when days were restored from archives (ms). The returned function looks up a tenant's day. */
export async function readRestoredDays(
  client: SqlClient,
): Promise<(tenantId: string | null, day: Day) => number | null> {
  const { rows } = await client.query<{ tenant: string; day: string; at: Date }>(
    'SELECT tenant_id AS tenant, day::text, restored_at AS at FROM restored_days',
  )
  const times = new Map(rows.map((row) => [`${row.tenant} ${row.day}`, row.at.getTime()]))
  return (tenantId, day) => times.get(`${tenantId ?? ''} ${dayName(day)}`) ?? null
}

/**
 * Whether events of these tenants and days may still be deleted: a policy or a hold may have changed since the run was
 * planned. Must be called under the deletion lock (policies/lock.ts).
 */
export async function mayGo(
  task: PruneTask,
  scopes: readonly { day: Day; tenantId: string | null }[],
): Promise<boolean> {
  const policies = await readCurrentPolicies(task)
  const restoredAt = await readRestoredDays(task.client)
  const now = task.run.startedAt.getTime()
  return scopes.every(
    ({ tenantId, day }) => stateOfDay(policies, tenantId, day, now, restoredAt(tenantId, day)) === 'EXPIRED',
  )
}
