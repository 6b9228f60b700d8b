/** In milliseconds since 1970. `from` is inclusive, `to` is exclusive. */
export interface TimeRange {
  from: number
  to: number
}

/** Later than any time in a request. As a number of minutes it still fits a PostgreSQL integer. */
const FAR_MS = 1_000_000 * 86_400_000

/** The time range of a filter. If the filter has no start or no end, the range has limits that include all rows. */
export function timeBounds({ since, until }: { since: number | null; until: number | null }): TimeRange {
  const within = (at: number) => Math.ceil(Math.max(0, Math.min(FAR_MS, at)))
  const from = within(since ?? 0)
  return { from, to: Math.max(from, within(until ?? FAR_MS)) }
}
