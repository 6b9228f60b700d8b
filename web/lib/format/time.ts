const UNITS = [
  { unit: 'year', ms: 31_536_000_000 },
  { unit: 'month', ms: 2_592_000_000 },
  { unit: 'day', ms: 86_400_000 },
  { unit: 'hour', ms: 3_600_000 },
  { unit: 'minute', ms: 60_000 },
  { unit: 'second', ms: 1_000 },
] as const

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'narrow' })

/** Formats `at` relative to `now`, both in milliseconds: "3m ago", "in 2h", "now". */
export function relativeTime(at: number, now: number): string {
  const distance = at - now
  const step = UNITS.find(({ ms }) => Math.abs(distance) >= ms)
  return step ? relative.format(Math.trunc(distance / step.ms), step.unit) : 'now'
}

interface Formats {
  clock: Intl.DateTimeFormat
  day: Intl.DateTimeFormat
  exact: Intl.DateTimeFormat
}

const formats = new Map<string, Formats>()

function formatsOf(zone: string): Formats {
  let zoneFormats = formats.get(zone)
  if (!zoneFormats) {
    const format = (options: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options })
    zoneFormats = {
      clock: format({ hour: '2-digit', minute: '2-digit', second: '2-digit' }),
      day: format({ day: 'numeric', month: 'short' }),
      exact: format({ dateStyle: 'medium', timeStyle: 'long' }),
    }
    formats.set(zone, zoneFormats)
  }
  return zoneFormats
}

/** "03:12:45". If the date of `at` is not the date of `now`, it is included: "28 Nov 03:12:45". */
export function clockTime(at: number, now: number, zone: string): string {
  const { clock, day } = formatsOf(zone)
  const date = day.format(at)
  return date === day.format(now) ? clock.format(at) : `${date} ${clock.format(at)}`
}

/** "03:12", without seconds. */
export const clockMinutes = (at: number, now: number, zone: string): string =>
  clockTime(at, now, zone).replace(/:\d\d$/, '')

/** A time in a zone and in UTC, to the millisecond. */
export function exactTime(iso: string, zone: string): string {
  return `${formatsOf(zone).exact.format(new Date(iso))} · ${iso}`
}

/** "340 ms", "2.4 s", "15 s", "4.7 min", "37 min", "2.5 h". */
export function duration(ms: number): string {
  if (Math.round(ms) < 1_000) return `${Math.round(ms)} ms`
  if (ms < 119_500) return `${decimal(ms / 1_000)} s`
  return ms < 7_170_000 ? `${decimal(ms / 60_000)} min` : `${decimal(ms / 3_600_000)} h`
}

/** A number below 10 has one decimal, unless it is whole. */
const decimal = (value: number): string => value.toFixed(value < 9.95 && !Number.isInteger(value) ? 1 : 0)

/** Formats a length of time in whole units: "12 s", "3 min", "2 h", "4 d". */
export function span(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1_000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`
}

/**
 * The time one millisecond later, for `until` of a filter: `until` is exclusive, and other rows may have the same
 * millisecond.
 */
export const justAfter = (iso: string): string => new Date(Date.parse(iso) + 1).toISOString()
