export {
  DEFAULT_RETRY_SCHEDULE,
  MAX_INTERVAL_SECONDS,
  MAX_RETRIES,
  MIN_INTERVAL_SECONDS,
  scheduleProblem,
} from '../../webhooks/retry-schedule.ts'

/** Jitter as a share of the interval, in both directions. It spreads the retries that follow an outage. */
export const JITTER = 0.2

/** The first attempt, and one retry per interval. */
export const maxAttemptsOf = (schedule: readonly number[]): number => schedule.length + 1

/**
 * Milliseconds from the end of failed attempt number `failedAttemptNumber` (the first is 1) to the next attempt: the
 * interval with jitter, but at least the time in the receiver's Retry-After header. Null if no attempt is left.
 * `random` returns a number in [0, 1).
 */
export function nextDelayMs(
  schedule: readonly number[],
  failedAttemptNumber: number,
  random: () => number,
  retryAfterMs: number | null,
): number | null {
  const seconds = schedule[failedAttemptNumber - 1]
  if (seconds === undefined) return null
  return Math.max(withJitter(seconds * 1000, random), retryAfterMs ?? 0)
}

/** `ms` with a random jitter of up to JITTER in both directions, rounded to whole milliseconds. */
export function withJitter(ms: number, random: () => number): number {
  return Math.round(ms * (1 - JITTER + 2 * JITTER * random()))
}

/** Whether the delivery has failed and has one attempt left, which the dashboard shows as near failure. */
export function isNearFailure(attemptCount: number, maxAttempts: number): boolean {
  return attemptCount > 0 && maxAttempts - attemptCount === 1
}
