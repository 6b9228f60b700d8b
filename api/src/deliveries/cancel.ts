import type { Delivery } from '../../../prisma/generated/client/client.ts'
import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { auditedSql } from '../audit/record.ts'
import { reaches } from '../identity/tenant-scope.ts'
import { badInput, conflict, notFound } from '../kit/errors.ts'
import { publicId } from '../kit/ids.ts'
import { isFinal, transition } from './engine/state-machine.ts'
import { deliveriesChanged } from './live/changes.ts'
import type { DeliveryRow } from './read/delivery-where.ts'

const MAX_REASON = 500

/**
 * Cancels an open delivery and stores `reason` as its last error. Throws CONFLICT if the delivery is final or being
 * sent, NOT_FOUND if it belongs to another tenant, and BAD_USER_INPUT if the reason is empty or too long.
 */
export async function cancelDelivery(
  core: AppContext,
  caller: Caller,
  id: string,
  reason: string,
): Promise<DeliveryRow> {
  const { identity } = caller
  const words = reason.trim()
  if (words === '' || words.length > MAX_REASON || words.includes('\u0000'))
    throw badInput('reason', `expected a reason of 1 to ${MAX_REASON} characters`)
  const shown = publicId('dlv', id)
  await auditedSql(core, caller, 'delivery.cancel', async (client) => {
    const { rows } = await client.query<{
      status: Delivery['status']
      tenant_id: string | null
      being_sent: boolean
      attempt_count: number
    }>(
      'SELECT status, tenant_id, coalesce(lease_until > db_now(), false) AS being_sent, attempt_count FROM deliveries WHERE id = $1 FOR UPDATE',
      [id],
    )
    const row = rows[0]
    if (!row || !reaches(identity, row.tenant_id)) throw notFound('delivery', shown)
    if (isFinal(row.status)) throw conflict(`${shown} is already ${row.status}`)
    if (row.being_sent) throw conflict(`${shown} is being sent; wait for its outcome`)
    const status = transition(row.status, 'cancelled')
    await client.query(
      `UPDATE deliveries SET status = $2, completed_at = db_now(), next_attempt_at = NULL, wake_at = NULL, hold_reason = NULL, last_error = $3 WHERE id = $1`,
      [id, status, `cancelled by ${identity.name ?? identity.id}: ${words}`],
    )
    return {
      result: undefined,
      target: { type: 'delivery', id: shown },
      tenantId: row.tenant_id,
      before: { status: row.status, attemptCount: row.attempt_count },
      after: { status, attemptCount: row.attempt_count, reason: words },
    }
  })
  deliveriesChanged(core.pubsub, [id])
  return { ...(await core.db.prisma.delivery.findUniqueOrThrow({ where: { id } })), isLeased: false }
}
