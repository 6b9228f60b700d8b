/**
 * Seconds between an attempt and the next one. This allows 8 attempts within about 28 hours (Standard Webhooks,
 * "Retries").
 */
export const DEFAULT_RETRY_SCHEDULE: readonly number[] = [5, 300, 1800, 7200, 18000, 36000, 36000]

/** Limits of a custom schedule: the number of retries, and the interval before each (1 s to a day). */
export const MAX_RETRIES = 30
export const MIN_INTERVAL_SECONDS = 1
export const MAX_INTERVAL_SECONDS = 86_400

/**
 * What is wrong with a schedule: the index of the interval (null: the list itself) and the reason. Null if the schedule
 * is valid.
 */
export function scheduleProblem(schedule: readonly number[]): { index: number | null; reason: string } | null {
  if (schedule.length > MAX_RETRIES) {
    return { index: null, reason: `has ${schedule.length} intervals; expected at most ${MAX_RETRIES}` }
  }
  const index = schedule.findIndex((s) => !Number.isInteger(s) || s < MIN_INTERVAL_SECONDS || s > MAX_INTERVAL_SECONDS)
  if (index === -1) return null
  const range = `whole seconds from ${MIN_INTERVAL_SECONDS} to ${MAX_INTERVAL_SECONDS}`
  return { index, reason: `is ${schedule[index]}; an interval is ${range}` }
}
