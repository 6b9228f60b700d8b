import type { DeliveryStatus } from '../../../../prisma/generated/client/enums.ts'

/** The triggers that change the status of a delivery. */
export type DeliveryTrigger =
  | 'succeeded'
  | 'failed_with_attempts_left'
  | 'failed_last'
  /** The probe of an open circuit failed. It uses no attempt. */
  | 'probe_failed'
  /** The receiver answered 410: it accepts no more deliveries. */
  | 'gone'
  /** An operator cancelled the delivery. */
  | 'cancelled'
  /** The time to live of the delivery has expired. */
  | 'expired'
  | 'webhook_deleted'
  /** A replay replaced the delivery while it was open. */
  | 'superseded'

type Transitions = Readonly<Record<DeliveryTrigger, DeliveryStatus>>

const OPEN_TRANSITIONS: Transitions = {
  succeeded: 'DELIVERED',
  failed_with_attempts_left: 'FAILED',
  failed_last: 'DEAD_LETTER',
  probe_failed: 'FAILED',
  gone: 'DEAD_LETTER',
  cancelled: 'CANCELLED',
  expired: 'CANCELLED',
  webhook_deleted: 'CANCELLED',
  superseded: 'CANCELLED',
}

/**
 * All transitions between statuses. A final status has none, because a final delivery can only be sent again by a
 * replay.
 */
export const TRANSITIONS: Readonly<Record<DeliveryStatus, Transitions | null>> = {
  PENDING: OPEN_TRANSITIONS,
  FAILED: OPEN_TRANSITIONS,
  DELIVERED: null,
  DEAD_LETTER: null,
  CANCELLED: null,
}

export class IllegalTransition extends Error {
  override readonly name = 'IllegalTransition'
  readonly status: DeliveryStatus
  readonly trigger: DeliveryTrigger
  constructor(status: DeliveryStatus, trigger: DeliveryTrigger) {
    super(`a delivery that is ${status} does not allow "${trigger}": the state is final`)
    this.status = status
    this.trigger = trigger
  }
}

export const isFinal = (status: DeliveryStatus): boolean => TRANSITIONS[status] === null

/** The status after a trigger. Throws IllegalTransition if the status is final. */
export function transition(status: DeliveryStatus, trigger: DeliveryTrigger): DeliveryStatus {
  const next = TRANSITIONS[status]?.[trigger]
  if (next === undefined) throw new IllegalTransition(status, trigger)
  return next
}
