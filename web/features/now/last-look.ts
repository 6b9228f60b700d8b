/** A look is over when the page has been away for so long, in milliseconds. */
const AWAY_MS = 10 * 60_000

interface Looks {
  /** When this look began, and when the page was last seen, in milliseconds since 1970. */
  began: number
  seen: number
  /** When the look before ended; null for the first one. */
  before: number | null
}

/**
 * Notes that somebody looks at `now`. A gap of ten minutes ends a look: what is compared with is then the end of the one before, and
 * stays so while the new look lasts, also when the page is loaded again.
 */
export function look(known: Looks | null, now: number): Looks {
  if (!known) return { began: now, seen: now, before: null }
  return now - known.seen >= AWAY_MS ? { began: now, seen: now, before: known.seen } : { ...known, seen: now }
}

/** The looks kept in a browser; null for none, and for what is no such record. */
export function readLooks(text: string | null): Looks | null {
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
