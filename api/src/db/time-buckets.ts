/**
 * Time buckets, the unit of the totals (prisma/migrations, totals). A time range is split into whole days, hours,
 * ten-minute spans and minutes, whose totals are added, and the remaining ends, whose rows are counted.
 */

import type { TimeRange } from './time-range.ts'

export const MINUTE_MS = 60_000

/** Lengths in minutes of the spans that have totals, longest first. */
export const BUCKET_MINUTES = [1_440, 60, 10, 1] as const
export type BucketMinutes = (typeof BUCKET_MINUTES)[number]

/** Whole spans in minutes since 1970; `from` inclusive, `to` exclusive. */
export interface WholeBuckets {
  span: BucketMinutes
  from: number
  to: number
  bucket: number
}

/**
 * Splits the buckets between `edges` (milliseconds, ascending; one more than there are buckets). Minute totals exist
 * from `finestFrom` on; before it, ten minutes are the shortest span. Nothing is totalled from `until` on. `rest` is
 * the remainder, in order, in pieces as long as possible.
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
  /**
   * Recurses from the longest span to the shortest: the middle in whole spans of this length, both ends in shorter
   * ones.
   */
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
    // The start of the span that contains `until` is in the totals; its end is not.
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
 * The bucket edges of a timeline in whole milliseconds, such that a time t lies in the bucket of timeline.ts:
 * floor((t - start) * buckets / (end - start)). The last edge is `last`, because later rows count for the last
 * bucket.
 */
export function bucketEdges(
  { start, end, buckets }: { start: number; end: number; buckets: number },
  last: number,
): number[] {
  const span = Math.max(end - start, 1)
  const edges = Array.from({ length: buckets }, (_, i) => start + Math.floor((i * span + buckets - 1) / buckets))
  return [...edges, Math.max(last, edges.at(-1) ?? start)]
}
