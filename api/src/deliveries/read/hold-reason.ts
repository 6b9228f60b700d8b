import type { CircuitState, HoldReason, WebhookState } from '../../../../prisma/generated/client/enums.ts'
import { isFinal } from '../engine/state-machine.ts'
import type { DeliveryRow } from './delivery-filter.ts'

/**
 * Why an open delivery is not being sent now: what its webhook is in, then the limit that was written down when it was put
 * aside. Null for what is finished, what is being sent at this moment, and what only waits for its time.
 */
export function holdReasonOf(
  delivery: Pick<DeliveryRow, 'status' | 'holdReason' | 'leaseUntil'>,
  webhook: { state: WebhookState; circuit: CircuitState } | null,
  now: number,
): HoldReason | null {
  if (isFinal(delivery.status)) return null
  if (delivery.leaseUntil !== null && delivery.leaseUntil.getTime() > now) return null
  if (webhook?.state === 'DISABLED') return 'WEBHOOK_DISABLED'
  if (webhook?.state === 'PAUSED') return 'WEBHOOK_PAUSED'
  if (webhook && webhook.circuit !== 'CLOSED') return 'CIRCUIT_OPEN'
  return delivery.holdReason
}
