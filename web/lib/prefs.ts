/** Preferences of this browser, stored in a cookie so that the server renders the first page with them. */
export interface Prefs {
  /** Whether times are shown in the user's time zone or in UTC. */
  clock: 'local' | 'utc'
  /** The browser's time zone as an IANA name, as last reported by the browser. */
  zone: string
  railOpen: boolean
  /** Whether rows are 28 px high instead of 36 px. */
  compact: boolean
  /** Whether single-letter shortcuts are enabled (WCAG 2.1.4 requires a way to disable them). */
  letters: boolean
}

export const PREFS_COOKIE = 'aetherlink_prefs'

export const DEFAULT_PREFS: Prefs = { clock: 'local', zone: 'UTC', railOpen: false, compact: false, letters: true }

const isZone = (zone: unknown): zone is string => {
  try {
    return typeof zone === 'string' && Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }))
  } catch {
    return false
  }
}

const bool = (value: unknown, otherwise: boolean): boolean => (typeof value === 'boolean' ? value : otherwise)

/** Parses preferences from a cookie. Missing or invalid ones get their defaults. */
export function readPrefs(cookie: string | undefined): Prefs {
  let value: Record<string, unknown> = {}
  try {
    const parsed: unknown = JSON.parse(cookie ?? '{}')
    if (typeof parsed === 'object' && parsed !== null) value = Object.fromEntries(Object.entries(parsed))
  } catch {
    // The cookie is invalid or truncated, so the defaults apply.
  }
  return {
    clock: value.clock === 'utc' ? 'utc' : 'local',
    zone: isZone(value.zone) ? value.zone : DEFAULT_PREFS.zone,
    railOpen: bool(value.railOpen, DEFAULT_PREFS.railOpen),
    compact: bool(value.compact, DEFAULT_PREFS.compact),
    letters: bool(value.letters, DEFAULT_PREFS.letters),
  }
}

const YEAR_S = 365 * 86_400

/** The cookie with `prefs` in the format of `document.cookie`. */
export const prefsCookie = (prefs: Prefs): string =>
  `${PREFS_COOKIE}=${encodeURIComponent(JSON.stringify(prefs))}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax`
