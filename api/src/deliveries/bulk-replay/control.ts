import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { auditedSql } from '../../audit/record.ts'
import { reaches } from '../../identity/tenant-scope.ts'
import { conflict, notFound } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { deliveriesChanged } from '../live/changes.ts'
import { bulkReplaySnapshot } from './audit-snapshot.ts'
import { collect, counted } from './collect.ts'
import {
  type BulkReplayRow,
  isFinished,
  lockBulkReplay,
  planByKeys,
  saveBulkReplay,
  skippedOf,
  withSkips,
} from './rows.ts'

/**
 * Cancels a bulk replay. No more deliveries are replayed, and replays that no worker is sending are cancelled. Replays
 * that have been sent stay, and their outcomes are still counted. Returns the bulk replay with the number of replays
 * that were sent. Throws NOT_FOUND for a bulk replay of another tenant and CONFLICT if it is finished.
 */
export async function cancelBulkReplay(core: AppContext, caller: Caller, id: string): Promise<BulkReplayRow> {
  let changedIds: string[] = []
  const row = await change(core, caller, id, 'bulkReplay.cancel', async (client, before) => {
    await planByKeys(client)
    const { changes, recoveredIds } = await collect(client, before, ['SENT', 'RETRYING'])
    const current = counted(before, changes)
    const recalled = await recall(client, before, caller)
    changedIds = [...recoveredIds, ...recalled]
    const left = { ...current, status: 'CANCELLED' as const, replayed: current.replayed - recalled.length }
    const skips = withSkips(left.skips, 'CANCELLED', left.total - left.replayed - skippedOf(left))
    await client.query('UPDATE bulk_replay_webhooks SET waiting = 0, outstanding = 0 WHERE bulk_replay_id = $1', [id])
    return { ...left, skips }
  })
  deliveriesChanged(core.pubsub, changedIds)
  return row
}

/**
 * Pauses or resumes a bulk replay. Replays that already exist are sent even while it is paused. Throws NOT_FOUND for a
 * bulk replay of another tenant and CONFLICT if it is finished.
 */
export const pauseBulkReplay = (
  core: AppContext,
  caller: Caller,
  id: string,
  paused: boolean,
): Promise<BulkReplayRow> =>
  change(core, caller, id, 'bulkReplay.pause', async (_client, before) => ({ ...before, paused }))

async function change(
  core: AppContext,
  caller: Caller,
  id: string,
  action: string,
  decide: (client: PoolClient, before: BulkReplayRow) => Promise<BulkReplayRow>,
): Promise<BulkReplayRow> {
  const shown = publicId('blk', id)
  await auditedSql(core, caller, action, async (client) => {
    const before = await lockBulkReplay(client, id)
    if (!before || !reaches(caller.identity, before.tenantId)) throw notFound('bulk replay', shown)
    if (isFinished(before)) throw conflict(`${shown} is already ${before.status}`)
    const after = await decide(client, before)
    await saveBulkReplay(client, after)
    return {
      result: undefined,
      target: { type: 'bulkReplay', id: shown },
      tenantId: before.tenantId,
      before: bulkReplaySnapshot(before),
      after: bulkReplaySnapshot(after),
    }
  })
  void core.pubsub.publish(CHANNELS.bulkReplays, id)
  void core.pubsub.publish(CHANNELS.bulkReplayRequests, id)
  const row = await core.db.transaction((client) => lockBulkReplay(client, id))
  if (!row) throw notFound('bulk replay', shown)
  return row
}

/**
 * Cancels the replays that have no attempt yet and that no worker is sending. A replay whose original was cancelled in
 * its favour stays, because otherwise nothing would deliver the event.
 */
async function recall(client: PoolClient, row: BulkReplayRow, { identity }: Caller): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `WITH unsent AS (
       SELECT d.id FROM bulk_replay_items i JOIN deliveries d ON d.id = i.replay_id JOIN deliveries o ON o.id = i.delivery_id
       WHERE i.bulk_replay_id = $1 AND i.state = 'SENT' AND d.status = 'PENDING' AND d.attempt_count = 0
         AND (d.lease_until IS NULL OR d.lease_until < db_now()) AND NOT (o.status = 'CANCELLED' AND o.completed_at >= $2)
       ORDER BY d.id FOR UPDATE OF d SKIP LOCKED
     ), recalled AS (
       UPDATE deliveries d SET status = 'CANCELLED', completed_at = db_now(), next_attempt_at = NULL, wake_at = NULL, hold_reason = NULL,
         last_error = $3
       FROM unsent u WHERE d.id = u.id AND d.completed_at IS NULL RETURNING d.id
     ), marked AS (
       UPDATE bulk_replay_items i SET state = 'SKIPPED', skip_reason = 'CANCELLED' FROM recalled r
       WHERE i.bulk_replay_id = $1 AND i.state = 'SENT' AND i.replay_id = r.id
     )
     SELECT id FROM recalled`,
    [row.id, row.createdAt, `cancelled with its bulk replay by ${identity.name ?? identity.id}`],
  )
  return rows.map(({ id }) => id)
}
