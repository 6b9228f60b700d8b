const MAX_RETRY_AFTER_MS = 86_400_000

/**
 * The value of a Retry-After header (RFC 9110, section 10.2.3) in milliseconds, 0 to a day. The header contains seconds
 * or a date; the date is compared with `now`. Null if the header is missing or invalid.
 */
export function retryAfter(value: string | undefined, now: number): number | null {
  if (value === undefined) return null
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : /GMT$/.test(value) ? Date.parse(value) - now : Number.NaN
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS)
}
