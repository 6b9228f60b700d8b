const UNITS = [
  { unit: 'year', ms: 31_536_000_000 },
  { unit: 'month', ms: 2_592_000_000 },
  { unit: 'day', ms: 86_400_000 },
  { unit: 'hour', ms: 3_600_000 },
  { unit: 'minute', ms: 60_000 },
  { unit: 'second', ms: 1_000 },
] as const

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'narrow' })

/** "3m ago", "in 2h", "now": `at` as seen at `now`, both in milliseconds. */
export function relativeTime(at: number, now: number): string {
  const distance = at - now
  const step = UNITS.find(({ ms }) => Math.abs(distance) >= ms)
  return step ? relative.format(Math.trunc(distance / step.ms), step.unit) : 'now'
}

const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

/** The same instant on the reader's clock and in UTC, to the millisecond. */
export const exactTime = (iso: string): string => `${exact.format(new Date(iso))} local time (${iso})`

/** "340 ms", "2.4 s", "15 s". */
export function duration(ms: number): string {
  if (Math.round(ms) < 1_000) return `${Math.round(ms)} ms`
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`
}

/** "12 s", "3 min", "2 h", "4 d": a time that has passed, or is still to pass, in whole units. */
export function span(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1_000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`
}

/** The instant a millisecond later: `until` of a filter takes what is before it, and others may have come in the same one. */
export const justAfter = (iso: string): string => new Date(Date.parse(iso) + 1).toISOString()
