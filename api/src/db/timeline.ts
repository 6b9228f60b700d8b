import { badInput } from '../kit/errors.ts'

export const MAX_BUCKETS = 500

/** A stretch of time cut in equal pieces; instants in milliseconds, `start` within and `end` not. */
export interface Timeline {
  start: number
  end: number
  buckets: number
}

/** Throws BAD_USER_INPUT for a number of buckets that no chart has. */
export function checkBuckets(buckets: number, path = 'buckets'): number {
  if (Number.isInteger(buckets) && buckets >= 1 && buckets <= MAX_BUCKETS) return buckets
  throw badInput(path, `is ${buckets}; takes 1 to ${MAX_BUCKETS}`)
}

/**
 * SQL for the number of the bucket (from 0) that the instant in `column` falls in; `start`, `end` and `buckets` are
 * placeholders of bigint parameters. What lies outside falls in the first or the last.
 */
export const bucketSql = (column: string, start: string, end: string, buckets: string): string =>
  `greatest(0, least(${buckets}::bigint - 1, floor((extract(epoch FROM ${column}) * 1000 - ${start}::bigint) * ${buckets}::bigint / greatest(${end}::bigint - ${start}::bigint, 1))))::int`

/** Every bucket in order with its start, those without a row made by `empty`. */
export function fillBuckets<Row extends { bucket: number }, Filled extends object>(
  { start, end, buckets }: Timeline,
  rows: readonly Row[],
  fill: (row: Row | undefined) => Filled,
): Array<Filled & { start: Date }> {
  const byBucket = new Map(rows.map((row) => [row.bucket, row]))
  const width = (end - start) / buckets
  return Array.from({ length: buckets }, (_, i) => ({
    ...fill(byBucket.get(i)),
    start: new Date(Math.round(start + i * width)),
  }))
}
