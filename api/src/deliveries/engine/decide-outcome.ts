import type { DeliveryStatus, ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import { FIRST_PROBE_MS } from './circuit-breaker.ts'
import { nextDelayMs, withJitter } from './schedule.ts'
import { type DeliveryTrigger, transition } from './state-machine.ts'

/** The part of a SendResult that determines the outcome. */
export interface AttemptResult {
  ok: boolean
  statusCode: number | null
  errorKind: ErrorKind | null
  retryAfterMs: number | null
}

export interface AttemptContext {
  status: DeliveryStatus
  /** Number of attempts before this one. */
  attemptCount: number
  maxAttempts: number
  /** The retry schedule of the webhook when the attempt ends, in seconds. */
  schedule: readonly number[]
  result: AttemptResult
  random: () => number
  /** Whether the attempt was the probe of a half-open circuit. */
  isProbe: boolean
}

export interface Outcome {
  status: DeliveryStatus
  trigger: DeliveryTrigger
  /** Number of attempts including this one. */
  attemptCount: number
  maxAttempts: number
  /** Milliseconds from the end of this attempt to the next one; null if the delivery is final. */
  retryInMs: number | null
  /** Why the webhook must be disabled at once; null if it must not. */
  disableWebhook: string | null
}

const GONE_REASON = 'The receiver answered 410 Gone: it accepts no more deliveries.'

/**
 * Decides the status of a delivery after an attempt. All failures are retried in the same way. Even a blocked address
 * is retried, because the address of a host name can change. A failed probe increments `maxAttempts`, so that it uses
 * no attempt and probes never cause dead letters. Throws IllegalTransition if the delivery is already final.
 */
export function decideOutcome(attempt: AttemptContext): Outcome {
  const { status, result, isProbe } = attempt
  const attemptCount = attempt.attemptCount + 1
  const finish = (trigger: DeliveryTrigger, disableWebhook: string | null = null): Outcome => ({
    status: transition(status, trigger),
    trigger,
    attemptCount,
    maxAttempts: attempt.maxAttempts,
    retryInMs: null,
    disableWebhook,
  })
  if (result.ok) return finish('succeeded')
  if (result.statusCode === 410) return finish('gone', GONE_REASON)

  const maxAttempts = attempt.maxAttempts + (isProbe ? 1 : 0)
  const retryInMs = delayAfter(attempt, maxAttempts - attemptCount)
  if (retryInMs === null) return finish('failed_last')
  const trigger = isProbe ? 'probe_failed' : 'failed_with_attempts_left'
  return { status: transition(status, trigger), trigger, attemptCount, maxAttempts, retryInMs, disableWebhook: null }
}

/**
 * The delay before the next attempt. The interval is found by counting the remaining attempts from the end of the
 * schedule. So probes, which add attempts, do not change the interval, and a delivery whose schedule was changed still
 * ends with the last intervals.
 */
function delayAfter({ schedule, random, result, isProbe }: AttemptContext, attemptsLeft: number): number | null {
  if (attemptsLeft <= 0) return null
  const failedAttemptNumber = Math.max(schedule.length - attemptsLeft + 1, 1)
  const delay = nextDelayMs(schedule, failedAttemptNumber, random, result.retryAfterMs)
  // A probe of a webhook without retries does not use up its attempt either. The delivery waits as long as the circuit
  // does.
  return delay ?? (isProbe ? Math.max(withJitter(FIRST_PROBE_MS, random), result.retryAfterMs ?? 0) : null)
}
