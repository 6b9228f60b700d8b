/** A visit ends when the page has been hidden for this long, in milliseconds. */
const AWAY_MS = 10 * 60_000

interface Visits {
  /** `began`: when this visit started. `seen`: when the page was last visible. Both in milliseconds since 1970. */
  began: number
  seen: number
  /** When the previous visit ended; null during the first visit. */
  before: number | null
}

/**
 * Records that the page is visible at `now`. A gap of ten minutes starts a new visit. The page then shows the changes
 * since the end of the previous visit, also after reloads.
 */
export function recordVisit(visits: Visits | null, now: number): Visits {
  if (!visits) return { began: now, seen: now, before: null }
  return now - visits.seen >= AWAY_MS ? { began: now, seen: now, before: visits.seen } : { ...visits, seen: now }
}

/** Parses the stored visits; null if they are missing or invalid. */
export function readVisits(text: string | null): Visits | null {
  try {
    const value: unknown = JSON.parse(text ?? 'null')
    if (
      typeof value !== 'object' ||
      value === null ||
      !('began' in value) ||
      !('seen' in value) ||
      !('before' in value)
    )
      return null
    const { began, seen, before } = value
    if (typeof began !== 'number' || typeof seen !== 'number') return null
    return { began, seen, before: typeof before === 'number' ? before : null }
  } catch {
    return null
  }
}
