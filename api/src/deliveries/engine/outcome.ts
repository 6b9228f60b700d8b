import type { DeliveryStatus, ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import { FIRST_PROBE_MS } from './circuit-breaker.ts'
import { nextDelayMs, withJitter } from './schedule.ts'
import { type DeliveryTrigger, transition } from './state-machine.ts'

/** The part of a SendResult that the outcome depends on. */
export interface AttemptResult {
  ok: boolean
  statusCode: number | null
  errorKind: ErrorKind | null
  retryAfterMs: number | null
}

export interface AttemptContext {
  status: DeliveryStatus
  /** The number of attempts before this one. */
  attemptCount: number
  maxAttempts: number
  /** The webhook's present schedule, in seconds. */
  schedule: readonly number[]
  result: AttemptResult
  random: () => number
  /** The attempt was the probe of a half-open circuit. */
  isProbe: boolean
}

export interface Outcome {
  status: DeliveryStatus
  trigger: DeliveryTrigger
  /** This attempt included. */
  attemptCount: number
  maxAttempts: number
  /** Milliseconds from the end of this attempt to the next one; null once final. */
  retryInMs: number | null
  /** The reason to disable the webhook at once; null to leave it enabled. */
  disableWebhook: string | null
}

const GONE_REASON = 'The receiver answered 410 Gone: it accepts no more deliveries.'

/**
 * Decides the state of a delivery after an attempt. Every failure is retried in the same way, even a blocked address,
 * because the address of a name can change. A failed probe gives its attempt back (`maxAttempts` grows by one), so that
 * probing during an outage never creates dead letters. Throws IllegalTransition when the delivery is already final.
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
 * The position in the schedule is counted from its end, by the attempts that are left: attempts that were given back do
 * not move it, and a schedule that was changed meanwhile still ends with its last intervals.
 */
function delayAfter({ schedule, random, result, isProbe }: AttemptContext, attemptsLeft: number): number | null {
  if (attemptsLeft <= 0) return null
  const failedAttemptNumber = Math.max(schedule.length - attemptsLeft + 1, 1)
  const delay = nextDelayMs(schedule, failedAttemptNumber, random, result.retryAfterMs)
  // A probe of a webhook without retries keeps its attempt too, and waits as long as a circuit does.
  return delay ?? (isProbe ? Math.max(withJitter(FIRST_PROBE_MS, random), result.retryAfterMs ?? 0) : null)
}
