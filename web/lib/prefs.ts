/** What a reader has set for this browser. Kept in a cookie, so that the server renders the first page as they like it. */
export interface Prefs {
  /** Times in the reader's zone, or in UTC. */
  clock: 'local' | 'utc'
  /** The reader's time zone as the browser said it last: an IANA name. */
  zone: string
  railOpen: boolean
  /** Rows of 28 px instead of 36 px. */
  compact: boolean
  /** Whether single letters are shortcuts (WCAG 2.1.4 asks for a way to switch them off). */
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

/** The preferences in a cookie's value; the default in place of each that is missing or wrong. */
export function readPrefs(cookie: string | undefined): Prefs {
  let value: Record<string, unknown> = {}
  try {
    const parsed: unknown = JSON.parse(cookie ?? '{}')
    if (typeof parsed === 'object' && parsed !== null) value = Object.fromEntries(Object.entries(parsed))
  } catch {
    // Not ours, or cut off: the defaults apply.
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

/** The cookie that keeps `prefs`, as `document.cookie` takes it. */
export const prefsCookie = (prefs: Prefs): string =>
  `${PREFS_COOKIE}=${encodeURIComponent(JSON.stringify(prefs))}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax`
