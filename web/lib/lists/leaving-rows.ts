/** How long a row that no longer matches stays visible. */
const LEAVING_MS = 4_000

/** Rows that no longer match the filter and stay visible for a moment. Times are milliseconds since 1970. */
export class LeavingRows {
  /** When each row stopped matching. */
  private readonly since = new Map<string, number>()

  /** `gone`: all rows that do not match the filter at the time `now`. */
  update(gone: readonly string[], now: number): void {
    for (const id of gone) if (!this.since.has(id)) this.since.set(id, now)
    for (const id of this.since.keys()) if (!gone.includes(id)) this.since.delete(id)
  }

  has(id: string): boolean {
    return this.since.has(id)
  }

  /** The rows to be shown a little longer, with the time since which each of them has not matched. */
  visible(now: number): ReadonlyMap<string, number> {
    return new Map([...this.since].filter(([, since]) => since > now - LEAVING_MS))
  }

  /** Whether any of the rows has been shown long enough and must be removed. */
  hasExpired(now: number): boolean {
    return [...this.since.values()].some((since) => since < now - LEAVING_MS)
  }

  clear(): void {
    this.since.clear()
  }
}
