/**
 * Time in whole spans: what totals are kept by (prisma/migrations, totals). A stretch of time is cut into whole days,
 * hours, tens of minutes and minutes, whose totals are added up, and the ends that are left, whose rows are counted.
 */

export const MINUTE_MS = 60_000

/** Minutes of the spans that totals are kept for, longest first. */
export const BUCKET_MINUTES = [1_440, 60, 10, 1] as const
export type BucketMinutes = (typeof BUCKET_MINUTES)[number]

/** After everything: no instant that is asked about lies beyond, and its minute is still an integer of PostgreSQL's. */
const FAR_MS = 1_000_000 * 1_440 * MINUTE_MS

/** The stretch of a filter; open ends reach as far as there may be anything. */
export function timeBounds({ since, until }: { since: number | null; until: number | null }): TimeRange {
  const within = (at: number) => Math.ceil(Math.max(0, Math.min(FAR_MS, at)))
  const from = within(since ?? 0)
  return { from, to: Math.max(from, within(until ?? FAR_MS)) }
}

/** Whole spans, as minutes since 1970; `from` within, `to` not. */
export interface WholeBuckets {
  span: BucketMinutes
  from: number
  to: number
  bucket: number
}

/** Milliseconds since 1970; `from` within, `to` not. */
export interface TimeRange {
  from: number
  to: number
}

/**
 * Cuts the buckets between `edges` (milliseconds, ascending; one more than there are buckets). `finestFrom` is the instant from
 * which minutes are kept: before it, ten minutes are the shortest. From `until` on nothing is totalled. `rest` is what remains, in
 * order, its pieces as long as they can be.
 */
export function splitIntoBuckets(
  edges: readonly number[],
  { finestFrom, until }: { finestFrom: number; until: number },
): { whole: WholeBuckets[]; rest: TimeRange[] } {
  const whole: WholeBuckets[] = []
  const rest: TimeRange[] = []
  const leave = (from: number, to: number) => {
    const last = rest.at(-1)
    if (from >= to) return
    if (last && last.to === from) last.to = to
    else rest.push({ from, to })
  }
  /** From the longest span to the shortest: the middle in whole spans of this length, both ends by the next shorter one. */
  const take = (from: number, to: number, bucket: number, [span, ...shorter]: readonly BucketMinutes[]) => {
    if (from >= to) return
    if (span === undefined) return leave(from, to)
    if (span === 1 && from < finestFrom) {
      const at = Math.min(to, Math.max(from, finestFrom))
      leave(from, at)
      if (at < to) take(at, to, bucket, [span])
      return
    }
    const length = span * MINUTE_MS
    const first = Math.ceil(from / length) * length
    const end = Math.floor(to / length) * length
    if (first >= end) return take(from, to, bucket, shorter)
    take(from, first, bucket, shorter)
    // The span that `until` lies in has its beginning among the totals, and its end left.
    const counted = Math.min(end, Math.max(first, Math.ceil(until / length) * length))
    if (first < counted) whole.push({ span, from: first / MINUTE_MS, to: counted / MINUTE_MS, bucket })
    leave(Math.max(first, Math.min(until, end)), end)
    take(end, to, bucket, shorter)
  }
  for (let bucket = 0; bucket + 1 < edges.length; bucket++)
    take(edges[bucket]!, edges[bucket + 1]!, bucket, BUCKET_MINUTES)
  return { whole, rest }
}

/**
 * The edges of a timeline, in whole milliseconds, such that an instant t lies in the bucket that timeline.ts puts it in:
 * floor((t - start) * buckets / (end - start)). The last edge is `last`, where what lies after the timeline's end is put too.
 */
export function bucketEdges(
  { start, end, buckets }: { start: number; end: number; buckets: number },
  last: number,
): number[] {
  const span = Math.max(end - start, 1)
  const edges = Array.from({ length: buckets }, (_, i) => start + Math.floor((i * span + buckets - 1) / buckets))
  return [...edges, Math.max(last, edges.at(-1) ?? start)]
}
