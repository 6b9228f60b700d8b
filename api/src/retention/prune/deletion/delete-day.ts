import { uuidFloor } from '../../../kit/ids.ts'
import { lockForDeletion } from '../../policies/lock.ts'
import { DAY_MS, type Day, dayName } from '../../policies/policy.ts'
import { addProgress, eventScope } from '../scope-rows.ts'
import { mayGo, type PruneTask } from '../task.ts'
import { createPace, type Pace } from './pace.ts'
import { transaction } from './transaction.ts'

const LOCK_TIMEOUT_MS = 200
const TRIES = 20

/**
 * Deletes a tenant's events of a day (null: system events) in batches. One transaction deletes a batch and its
 * deliveries and attempts, and updates the totals and the run's result. Events with an open delivery are kept. Ends
 * early if the tenant's retention changes. `pace` has the batch size of the days before.
 */
export async function deleteDay(
  task: PruneTask,
  tenantId: string | null,
  day: Day,
  pace: Pace = createPace(task.client, task.signal),
): Promise<void> {
  const { client, run, signal } = task
  const scope = eventScope(tenantId)
  const low = uuidFloor(day * DAY_MS)
  const high = uuidFloor((day + 1) * DAY_MS)
  const inBatch = <T>(work: () => Promise<T>) =>
    transaction(client, { signal, lockTimeoutMs: LOCK_TIMEOUT_MS, tries: TRIES }, work)

  for (let after: string | null = low; after !== null; ) {
    const started = performance.now()
    const batch = await inBatch(async () => {
      await lockForDeletion(client)
      if (!(await mayGo(task, [{ day, tenantId }]))) return { last: null, pruned: 0 }
      const { rows } = await client.query<{ last: string | null; pruned: number }>(
        'SELECT last, event_count AS pruned FROM prune_events($1, $2::uuid, $3::uuid, $4::uuid, $5)',
        [tenantId, low, high, after, pace.limit()],
      )
      const { last, pruned } = rows[0]!
      await addProgress(client, run.id, scope, { pruned, durationMs: performance.now() - started })
      return { last, pruned }
    })
    after = batch.last
    if (batch.pruned > 0) await pace.next(performance.now() - started, batch.pruned)
  }
  await inBatch(async () => {
    await lockForDeletion(client)
    if (!(await mayGo(task, [{ day, tenantId }]))) return
    await deleteTestAttempts(task, tenantId, low, high)
    await client.query('DELETE FROM restored_days WHERE tenant_id = $1 AND day = $2::date', [
      tenantId ?? '',
      dayName(day),
    ])
    await addProgress(client, run.id, scope, { deletedDays: 1 })
  })
}

/**
 * Deletes the attempts of webhook tests, which belong to no delivery, together with the events of the webhook's tenant.
 */
async function deleteTestAttempts(
  { client }: PruneTask,
  tenantId: string | null,
  low: string,
  high: string,
): Promise<void> {
  await client.query(
    `DELETE FROM delivery_attempts a USING webhooks w WHERE a.delivery_id IS NULL AND a.id >= $2::uuid AND a.id < $3::uuid
       AND w.id = a.webhook_id AND w.tenant_id IS NOT DISTINCT FROM $1`,
    [tenantId, low, high],
  )
}
