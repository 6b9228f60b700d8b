const MINUTE_MS = 60_000

interface BucketTimes {
  /** Milliseconds since 1970. */
  startOf: (index: number) => number
  endOf: (index: number) => number
}

/**
 * The times of consecutive buckets. The last bucket ends at `end`. Without `end`, the last bucket is as long as the one
 * before, and a single bucket is a minute long.
 */
export function bucketTimes(buckets: readonly { start: string }[], end: string | undefined): BucketTimes {
  const startOf = (index: number) => Date.parse(buckets[index]?.start ?? '')
  const length = buckets.length > 1 ? startOf(buckets.length - 1) - startOf(buckets.length - 2) : MINUTE_MS
  return {
    startOf,
    endOf: (index) =>
      index + 1 < buckets.length ? startOf(index + 1) : end ? Date.parse(end) : startOf(index) + length,
  }
}

/**
 * The positions of times (ISO 8601) among `count` buckets, in buckets and ascending: 2.5 is the middle of the third one.
 * Equal times share a position. Times outside are left out.
 */
export function marksOf(times: readonly string[], { startOf, endOf }: BucketTimes, count: number): number[] {
  const indices = Array.from({ length: count }, (_, index) => index)
  const positions = times.flatMap((time) => {
    const at = Date.parse(time)
    const index = indices.find((one) => at >= startOf(one) && at < endOf(one))
    return index === undefined ? [] : [index + (at - startOf(index)) / (endOf(index) - startOf(index))]
  })
  return [...new Set(positions)].toSorted((a, b) => a - b)
}
