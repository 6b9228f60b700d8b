/** Common durations of a silence with their labels. */
export const SILENCE_SPANS = [
  { name: '30m', label: '30 minutes' },
  { name: '1h', label: '1 hour' },
  { name: 'morning', label: 'Until 08:00' },
] as const

export type SilenceSpan = (typeof SILENCE_SPANS)[number]['name']

const MINUTE_MS = 60_000
/** The offset of every time zone from UTC is a multiple of 15 minutes. */
const QUARTER_MS = 15 * MINUTE_MS
const MORNING = '08:00'

/**
 * When a silence of the given span that begins at `now` ends; both in milliseconds. `zone` is the time zone of 08:00.
 */
export function silenceEnd(span: SilenceSpan, now: number, zone: string): number {
  if (span === '30m') return now + 30 * MINUTE_MS
  if (span === '1h') return now + 60 * MINUTE_MS
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' })
  let at = (Math.floor(now / QUARTER_MS) + 1) * QUARTER_MS
  while (clock.format(at) !== MORNING) at += QUARTER_MS
  return at
}
