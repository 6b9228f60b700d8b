export {
  DEFAULT_RETRY_SCHEDULE,
  MAX_INTERVAL_SECONDS,
  MAX_RETRIES,
  MIN_INTERVAL_SECONDS,
  scheduleProblem,
} from '../../webhooks/retry-schedule.ts'

/** Retries of one outage are spread over this share of their interval, in both directions. */
export const JITTER = 0.2

/** One attempt, and one more for each interval. */
export const maxAttemptsOf = (schedule: readonly number[]): number => schedule.length + 1

/**
 * Milliseconds from the end of a failed attempt to the next one: the interval that follows attempt `failedAttemptNumber`
 * (from 1), with jitter, but never less than what the receiver asked for in Retry-After. Null when no attempts are left.
 * `random` gives [0, 1).
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

/** `ms` plus or minus up to JITTER of it, in whole milliseconds. */
export function withJitter(ms: number, random: () => number): number {
  return Math.round(ms * (1 - JITTER + 2 * JITTER * random()))
}

/** One of several attempts is left, which the dashboard shows as near failure. */
export function isNearFailure(attemptCount: number, maxAttempts: number): boolean {
  return attemptCount > 0 && maxAttempts - attemptCount === 1
}
