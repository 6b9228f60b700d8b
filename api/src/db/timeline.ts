import { badInput } from '../kit/errors.ts'
import { bucketStarts } from './time-buckets.ts'

export const MAX_BUCKETS = 500

/**
 * A time range that is divided into buckets of about equal length (see bucketStarts()). In milliseconds; `start` is
 * inclusive, `end` is exclusive.
 */
export interface Timeline {
  start: number
  end: number
  buckets: number
}

/** Returns the number of buckets. Throws BAD_USER_INPUT if it is not supported. */
export function checkBuckets(buckets: number, path = 'buckets'): number {
  if (Number.isInteger(buckets) && buckets >= 1 && buckets <= MAX_BUCKETS) return buckets
  throw badInput(path, `is ${buckets}; expected 1 to ${MAX_BUCKETS}`)
}

/** All buckets in their order, each with its start. `empty` creates a bucket that has no row. */
export function fillBuckets<Row extends { bucket: number }, Filled extends object>(
  line: Timeline,
  rows: readonly Row[],
  fill: (row: Row | undefined) => Filled,
): Array<Filled & { start: Date }> {
  const byBucket = new Map(rows.map((row) => [row.bucket, row]))
  return bucketStarts(line).map((start, i) => ({ ...fill(byBucket.get(i)), start: new Date(start) }))
}
