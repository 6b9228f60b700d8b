import type { Delivery } from '../../../../prisma/generated/client/client.ts'
import { type CircuitState, HoldReason, type WebhookState } from '../../../../prisma/generated/client/enums.ts'
import { isFinal } from '../engine/state-machine.ts'

/**
 * Why an open delivery is not sent now. The state of its webhook comes first, then the limit that was recorded when the
 * delivery was parked. Null if the delivery is final, is being sent, or only waits for its next attempt.
 */
export function holdReasonOf(
  delivery: Pick<Delivery, 'status' | 'holdReason'> & { isLeased: boolean },
  webhook: { state: WebhookState; circuit: CircuitState } | null,
): HoldReason | null {
  if (isFinal(delivery.status)) return null
  if (delivery.isLeased) return null
  if (webhook?.state === 'DISABLED') return 'WEBHOOK_DISABLED'
  if (webhook?.state === 'PAUSED') return 'WEBHOOK_PAUSED'
  if (webhook && webhook.circuit !== 'CLOSED') return 'CIRCUIT_OPEN'
  return delivery.holdReason
}

/** The hold reason that a webhook's state causes, as SQL on `webhooks w`; null if deliveries may be sent. */
export const WEBHOOK_HOLD = `CASE WHEN w.state = 'DISABLED' THEN 'WEBHOOK_DISABLED' WHEN w.state = 'PAUSED' THEN 'WEBHOOK_PAUSED'
  WHEN w.circuit <> 'CLOSED' THEN 'CIRCUIT_OPEN' END::"HoldReason"`

/** A condition on `deliveries d` that is true if `holdReasonOf` returns one of these reasons (any reason if null). */
export function heldSql(reasons: readonly HoldReason[] | null): string {
  // The values come from the enum, so no input of the caller gets into the statement.
  const wanted = Object.values(HoldReason).filter((reason) => reasons?.includes(reason))
  const list = `(${wanted.map((reason) => `'${reason}'`).join(', ')})`
  // The planner hashes uncorrelated subqueries, so the webhook is not read once per delivery.
  const webhooksHeld = (condition: string) => `(SELECT w.id FROM webhooks w WHERE ${WEBHOOK_HOLD} ${condition})`
  const isHeld =
    reasons === null
      ? `(d.hold_reason IS NOT NULL OR d.webhook_id IN ${webhooksHeld('IS NOT NULL')})`
      : `(d.webhook_id IN ${webhooksHeld(`IN ${list}`)}
         OR d.hold_reason IN ${list} AND d.webhook_id NOT IN ${webhooksHeld('IS NOT NULL')})`
  return `d.status IN ('PENDING', 'FAILED') AND (d.lease_until IS NULL OR d.lease_until <= db_now()) AND ${isHeld}`
}
