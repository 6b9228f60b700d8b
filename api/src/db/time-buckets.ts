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

/** Steps to which the limits of buckets are rounded, in minutes, longest first. There are totals for each. */
const STEP_MINUTES = [60, 10, 1] as const

/**
 * The start of each bucket of a timeline in whole milliseconds. The first one is `start`; the others are equidistant,
 * but rounded to whole hours, ten minutes or minutes if that makes no bucket more than a quarter longer or shorter, or
 * if all inner buckets keep their length. So totals can answer for all buckets but the ends of the timeline, and rows
 * need not be counted at each limit.
 */
export function bucketStarts({ start, end, buckets }: { start: number; end: number; buckets: number }): number[] {
  const span = Math.max(end - start, 1)
  const width = span / buckets
  const step = STEP_MINUTES.map((minutes) => minutes * MINUTE_MS).find(
    (length) => length <= width / 4 || width % length === 0,
  )
  return Array.from({ length: buckets }, (_, i) => {
    const at = start + Math.floor((i * span + buckets - 1) / buckets)
    return step === undefined || i === 0 ? at : Math.round(at / step) * step
  })
}

/** The index of the bucket that contains a time. Times before the first bucket are in the first one. */
export function bucketAt(starts: readonly number[], at: number): number {
  return Math.max(
    0,
    starts.findLastIndex((start) => start <= at),
  )
}

/** The limits of a timeline's buckets. The last limit is `last`, so that the last bucket also contains later rows. */
export function bucketEdges(line: { start: number; end: number; buckets: number }, last: number): number[] {
  const starts = bucketStarts(line)
  return [...starts, Math.max(last, starts.at(-1) ?? line.start)]
}
