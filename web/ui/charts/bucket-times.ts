const MINUTE_MS = 60_000

interface BucketTimes {
  /** Milliseconds since 1970. */
  startOf: (index: number) => number
  endOf: (index: number) => number
}

/**
 * The times of consecutive buckets. The last bucket ends at `end`. Without `end`, the last bucket is as long as the
 * first one, and a single bucket is a minute long.
 */
export function bucketTimes(buckets: readonly { start: string }[], end: string | undefined): BucketTimes {
  const startOf = (index: number) => Date.parse(buckets[index]?.start ?? '')
  const length = buckets.length > 1 ? startOf(1) - startOf(0) : MINUTE_MS
  return {
    startOf,
    endOf: (index) =>
      index + 1 < buckets.length ? startOf(index + 1) : end ? Date.parse(end) : startOf(index) + length,
  }
}

/**
 * The positions of times (ISO 8601) among `buckets` buckets of equal length between `start` and `end` (milliseconds since
 * 1970), in buckets and ascending. Equal times share a position. Times outside are left out.
 */
export function marksOf(times: readonly string[], start: number, end: number, buckets: number): number[] {
  if (buckets === 0 || !(end > start)) return []
  const positions = times.map((time) => ((Date.parse(time) - start) / (end - start)) * buckets)
  return [...new Set(positions.filter((x) => x >= 0 && x < buckets))].toSorted((a, b) => a - b)
}
