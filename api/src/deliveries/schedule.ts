/** Seconds before each retry, after the attempt before: 8 attempts within about 28 hours (Standard Webhooks, "Retries"). */
export const DEFAULT_RETRY_SCHEDULE: readonly number[] = [5, 300, 1800, 7200, 18000, 36000, 36000]

/** Bounds of a webhook's own schedule: at most this many retries, each after 1 s to 7 days. */
export const MAX_RETRIES = 20
export const MIN_INTERVAL_SECONDS = 1
export const MAX_INTERVAL_SECONDS = 7 * 86_400

/** Retries of one outage are spread over this part of their interval, to either side. */
export const JITTER = 0.2

/** Why a schedule is refused: the index of the interval (null: the list itself) and what is wrong. Null when it is fine. */
export function scheduleProblem(schedule: readonly number[]): { index: number | null; reason: string } | null {
  if (schedule.length > MAX_RETRIES) {
    return { index: null, reason: `has ${schedule.length} intervals; at most ${MAX_RETRIES} are taken` }
  }
  const index = schedule.findIndex((s) => !Number.isInteger(s) || s < MIN_INTERVAL_SECONDS || s > MAX_INTERVAL_SECONDS)
  if (index === -1) return null
  const range = `whole seconds from ${MIN_INTERVAL_SECONDS} to ${MAX_INTERVAL_SECONDS}`
  return { index, reason: `is ${schedule[index]}; an interval is ${range}` }
}

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

/** `ms` with up to JITTER of it added or taken away, in whole milliseconds. */
export function withJitter(ms: number, random: () => number): number {
  return Math.round(ms * (1 - JITTER + 2 * JITTER * random()))
}

/** One attempt left, of several: what the dashboard counts as near failure. */
export function isNearFailure(attemptCount: number, maxAttempts: number): boolean {
  return attemptCount > 0 && maxAttempts - attemptCount === 1
}
