/**
 * Latencies are stored as a histogram. The buckets have fixed limits that grow by a constant factor, so histograms of
 * several time ranges can be added. latency_bucket() in SQL uses the same limits.
 */

const LEAST_MS = 0.1
const BUCKETS_PER_DOUBLING = 8

/** Number of latencies by bucket number. */
export type LatencyHistogram = ReadonlyMap<number, number>

const lowerBound = (bucket: number) => LEAST_MS * 2 ** (bucket / BUCKETS_PER_DOUBLING)

/**
 * The `quantile` (0 to 1) of the latencies in milliseconds, with an error of at most 9 %. Null for an empty histogram.
 */
export function latencyQuantile(histogram: LatencyHistogram, quantile: number): number | null {
  const total = [...histogram.values()].reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  const rank = quantile * total
  let passed = 0
  let result = 0
  for (const [bucket, count] of [...histogram].sort(([a], [b]) => a - b)) {
    const [low, high] = [lowerBound(bucket), lowerBound(bucket + 1)]
    result = low + (high - low) * Math.min(1, (rank - passed) / count)
    passed += count
    if (passed >= rank) break
  }
  return result
}

export function addToHistogram(histogram: Map<number, number>, bucket: number, count: number): void {
  histogram.set(bucket, (histogram.get(bucket) ?? 0) + count)
}
