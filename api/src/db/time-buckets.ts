/**
 * Time buckets, which are the unit of the totals (prisma/migrations, totals). A time range is split into complete days,
 * hours, spans of ten minutes and minutes, for which there are totals, and the rest at both ends, for which rows are
 * counted.
 */

import type { TimeRange } from './time-range.ts'

export const MINUTE_MS = 60_000

/** Lengths of the spans that have totals, in minutes, longest first. */
export const BUCKET_MINUTES = [1_440, 60, 10, 1] as const
export type BucketMinutes = (typeof BUCKET_MINUTES)[number]

/** Consecutive complete spans, in minutes since 1970. `from` is inclusive, `to` is exclusive. */
export interface WholeBuckets {
  span: BucketMinutes
  from: number
  to: number
  bucket: number
}

/**
 * Splits buckets into complete spans and a rest. `edges` (milliseconds, ascending) are the limits of the buckets, so
 * there is one more edge than buckets. Totals per minute exist only from `finestFrom` on; before that, ten minutes is
 * the shortest span. From `until` on there are no totals. `rest` is sorted, and adjacent pieces are merged.
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
   * Splits a range recursively, with the longest span first. The middle consists of complete spans of that length; both
   * ends are split into shorter spans.
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
    // The totals contain the first part of the span that contains `until`, so this span counts as complete. The rows
    // from `until` on are added to the rest.
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
 * The limits of a timeline's buckets in whole milliseconds. A time t is in the same bucket as in timeline.ts: floor((t
 * - start) * buckets / (end - start)). The last limit is `last`, so that the last bucket also contains later rows.
 */
export function bucketEdges(
  { start, end, buckets }: { start: number; end: number; buckets: number },
  last: number,
): number[] {
  const span = Math.max(end - start, 1)
  const edges = Array.from({ length: buckets }, (_, i) => start + Math.floor((i * span + buckets - 1) / buckets))
  return [...edges, Math.max(last, edges.at(-1) ?? start)]
}
