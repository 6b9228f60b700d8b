import type { Delivery } from '../../../prisma/generated/client/client.ts'
import { reaches } from '../access/tenants.ts'
import type { Caller } from '../audit/entry.ts'
import { auditedSql } from '../audit/record.ts'
import type { Core } from '../kit/core.ts'
import { conflict, notFound } from '../kit/errors.ts'
import { newId, publicId, uuidTime } from '../kit/ids.ts'
import { deliveriesChanged } from './changes.ts'
import { enqueueDeliveries } from './jobs.ts'
import { isFinal, transition } from './state.ts'

export interface Replayed {
  original: Delivery
  replay: Delivery
}

/**
 * Sends a delivery's event again as a new delivery with attempts of its own, linked to the original. An original that still
 * had retries to come is superseded: it becomes CANCELLED, so that the event is not sent twice.
 *
 * CONFLICT unless forced: a replay of it is under way, it is DELIVERED already, or it has not been tried yet. Also CONFLICT
 * when its webhook was deleted or its event pruned, forced or not. NOT_FOUND for another tenant's.
 */
export async function replayDelivery(
  core: Core,
  caller: Caller,
  id: string,
  { force }: { force: boolean },
): Promise<Replayed> {
  const now = core.clock()
  const replayId = newId()
  const shown = publicId('dlv', id)
  await auditedSql(core, caller, 'delivery.replay', async (client) => {
    // The lock on the original makes two replays at the same time one after the other: the second sees the first.
    const { rows } = await client.query<{
      status: Delivery['status']
      tenant_id: string | null
      event_id: string
      webhook_id: string
      lease_until: Date | null
      attempt_count: number
    }>(
      'SELECT status, tenant_id, event_id, webhook_id, lease_until, attempt_count FROM deliveries WHERE id = $1 FOR UPDATE',
      [id],
    )
    const original = rows[0]
    if (!original || !reaches(caller.identity, original.tenant_id)) throw notFound('delivery', shown)
    const beingSent = !isFinal(original.status) && original.lease_until !== null && original.lease_until.getTime() > now
    if (!force) {
      if (original.status === 'DELIVERED') throw conflict(`${shown} is delivered already; force: true sends it again`)
      if (beingSent) throw conflict(`${shown} is being sent at this moment; force: true sends it once more`)
      if (original.status === 'PENDING')
        throw conflict(`${shown} is still waiting for its first attempt; force: true replaces it`)
      const underWay = await client.query<{ id: string }>(
        `SELECT id FROM deliveries WHERE replay_of_id = $1 AND status IN ('PENDING', 'FAILED') ORDER BY id DESC LIMIT 1`,
        [id],
      )
      const other = underWay.rows[0]
      if (other) {
        const replayId = publicId('dlv', other.id)
        throw conflict(`a replay of ${shown} is under way: ${replayId}; force: true starts another`, { replayId })
      }
    }
    const inserted = await client.query(
      `INSERT INTO deliveries (id, event_id, webhook_id, tenant_id, event_type, target_url, max_attempts, next_attempt_at, wake_at, created_at, replay_of_id, rule_id)
       SELECT $2, o.event_id, o.webhook_id, w.tenant_id, o.event_type, w.url, coalesce(cardinality(w.retry_schedule), 0) + 1, $3, $4, $5, o.id, o.rule_id
       FROM deliveries o JOIN webhooks w ON w.id = o.webhook_id AND w.deleted_at IS NULL JOIN events e ON e.id = o.event_id WHERE o.id = $1`,
      [id, replayId, new Date(now), new Date(now + core.env.HANDOFF_GRACE_MS), new Date(uuidTime(replayId))],
    )
    if (inserted.rowCount !== 1)
      throw conflict(`${shown} cannot be replayed: its webhook has been deleted or its event pruned`)
    const superseded = isFinal(original.status) || beingSent ? null : transition(original.status, 'superseded')
    if (superseded) {
      await client.query(
        `UPDATE deliveries SET status = $2, completed_at = $3, next_attempt_at = NULL, wake_at = NULL, hold_reason = NULL WHERE id = $1`,
        [id, superseded, new Date(now)],
      )
    }
    return {
      result: undefined,
      target: { type: 'delivery', id: shown },
      tenantId: original.tenant_id,
      before: { status: original.status, attemptCount: original.attempt_count },
      after: {
        status: superseded ?? original.status,
        attemptCount: original.attempt_count,
        replayId: publicId('dlv', replayId),
        webhookId: publicId('whk', original.webhook_id),
        eventId: publicId('evt', original.event_id),
        force,
      },
    }
  })
  const [original, replay] = await Promise.all([
    core.db.prisma.delivery.findUniqueOrThrow({ where: { id } }),
    core.db.prisma.delivery.findUniqueOrThrow({ where: { id: replayId } }),
  ])
  deliveriesChanged(core.pubsub, [original.id, replay.id])
  void enqueueDeliveries(core.jobs, [[replay.id, 0, replay.webhookId]])
  return { original, replay }
}
