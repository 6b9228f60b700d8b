import type { DeliveryStatus, ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import { FIRST_PROBE_MS } from './circuit-breaker.ts'
import { nextDelayMs, withJitter } from './schedule.ts'

/** What can happen to a delivery. */
export type DeliveryTrigger =
  | 'succeeded'
  | 'failed_with_attempts_left'
  | 'failed_last'
  /** The probe of an open circuit failed: it costs no attempt. */
  | 'probe_failed'
  /** The receiver answered 410: it wants nothing more, ever. */
  | 'gone'
  /** By an operator. */
  | 'cancelled'
  /** Past its time to live. */
  | 'expired'
  | 'webhook_deleted'
  /** A replay took its place while it was still open. */
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

/** The one table of transitions. Final states have no way out: whoever wants to send again makes a replay. */
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
    super(`a delivery that is ${status} takes no "${trigger}": the state is final`)
    this.status = status
    this.trigger = trigger
  }
}

export const isFinal = (status: DeliveryStatus): boolean => TRANSITIONS[status] === null

/** The status that follows. Throws IllegalTransition for what is not in the table. */
export function transition(status: DeliveryStatus, trigger: DeliveryTrigger): DeliveryStatus {
  const next = TRANSITIONS[status]?.[trigger]
  if (next === undefined) throw new IllegalTransition(status, trigger)
  return next
}

/** What of a SendResult decides. */
export interface AttemptResult {
  ok: boolean
  statusCode: number | null
  errorKind: ErrorKind | null
  retryAfterMs: number | null
}

export interface AttemptContext {
  status: DeliveryStatus
  /** Attempts before this one. */
  attemptCount: number
  maxAttempts: number
  /** The webhook's, as it is now; seconds. */
  schedule: readonly number[]
  result: AttemptResult
  /** When the attempt ended: the next interval runs from here. */
  now: Date
  random: () => number
  /** It went out as the probe of a half-open circuit. */
  isProbe: boolean
}

export interface Outcome {
  status: DeliveryStatus
  trigger: DeliveryTrigger
  /** This attempt included. */
  attemptCount: number
  maxAttempts: number
  /** Null once final. */
  nextAttemptAt: Date | null
  completedAt: Date | null
  /** Why the webhook is to be disabled at once; null: it is not. */
  disableWebhook: string | null
}

const GONE_REASON = 'The receiver answered 410 Gone: it wants no more deliveries.'

/**
 * What becomes of a delivery after an attempt. Every failure is retried alike, a blocked address too: names change where
 * they point. A failed probe gives its attempt back (`maxAttempts` grows by one), so that an outage never makes dead
 * letters of what probes it. Throws IllegalTransition when the delivery is final already.
 */
export function decideOutcome(attempt: AttemptContext): Outcome {
  const { status, now, result, isProbe } = attempt
  const attemptCount = attempt.attemptCount + 1
  const finish = (trigger: DeliveryTrigger, disableWebhook: string | null = null): Outcome => ({
    status: transition(status, trigger),
    trigger,
    attemptCount,
    maxAttempts: attempt.maxAttempts,
    nextAttemptAt: null,
    completedAt: now,
    disableWebhook,
  })
  if (result.ok) return finish('succeeded')
  if (result.statusCode === 410) return finish('gone', GONE_REASON)

  const maxAttempts = attempt.maxAttempts + (isProbe ? 1 : 0)
  const delay = delayAfter(attempt, maxAttempts - attemptCount)
  if (delay === null) return finish('failed_last')
  const trigger = isProbe ? 'probe_failed' : 'failed_with_attempts_left'
  const nextAttemptAt = new Date(now.getTime() + delay)
  return {
    status: transition(status, trigger),
    trigger,
    attemptCount,
    maxAttempts,
    nextAttemptAt,
    completedAt: null,
    disableWebhook: null,
  }
}

/**
 * The place in the schedule is counted from its end, by the attempts that are left: attempts that were given back do not
 * move it, and a schedule that was changed meanwhile still ends with its last intervals.
 */
function delayAfter({ schedule, random, result, isProbe }: AttemptContext, attemptsLeft: number): number | null {
  if (attemptsLeft <= 0) return null
  const failedAttemptNumber = Math.max(schedule.length - attemptsLeft + 1, 1)
  const delay = nextDelayMs(schedule, failedAttemptNumber, random, result.retryAfterMs)
  // A probe of a webhook without retries keeps its attempt all the same, and waits as long as a circuit does.
  return delay ?? (isProbe ? Math.max(withJitter(FIRST_PROBE_MS, random), result.retryAfterMs ?? 0) : null)
}
