import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BUCKET_MINUTES, bucketEdges, MINUTE_MS, splitIntoBuckets } from './time-buckets.ts'

const DAY = 1_440 * MINUTE_MS
const instant = fc.oneof(
  fc.integer({ min: 0, max: 5 * DAY }),
  fc.integer({ min: 0, max: 5 * 1_440 }).map((minute) => minute * MINUTE_MS),
  fc.integer({ min: 0, max: 5 * 24 }).map((hour) => hour * 60 * MINUTE_MS),
)

test('every instant is covered once: by a whole span of its bucket or by the remainder', () => {
  fc.assert(
    fc.property(
      fc.array(instant, { minLength: 2, maxLength: 6 }),
      instant,
      instant,
      fc.array(instant, { minLength: 20, maxLength: 20 }),
      (points, finestFrom, until, probes) => {
        const edges = points.sort((a, b) => a - b)
        const { whole, rest } = splitIntoBuckets(edges, { finestFrom, until })
        for (const at of [...probes, ...edges, until - 1, until, finestFrom]) {
          const buckets = edges.slice(0, -1).flatMap((from, i) => (at >= from && at < edges[i + 1]! ? [i] : []))
          const minute = Math.floor(at / MINUTE_MS)
          // The totals contain all rows created before `until`, including those of incomplete spans.
          const counted = whole.filter(({ from, to }) => minute >= from && minute < to && at < until)
          const left = rest.filter(({ from, to }) => at >= from && at < to)
          expect([...counted.map(({ bucket }) => bucket), ...left.flatMap(() => buckets)]).toEqual(buckets)
        }
        for (const { span, from, to } of whole) {
          expect([from % span, to % span, from < to]).toEqual([0, 0, true])
          if (span === 1) expect(from * MINUTE_MS).toBeGreaterThanOrEqual(finestFrom)
        }
        for (const [i, piece] of rest.entries()) {
          expect(piece.from).toBeLessThan(piece.to)
          expect(piece.from).toBeGreaterThan(rest[i - 1]?.to ?? -1)
        }
      },
    ),
  )
})

test('the remainder of a long range is its ends', () => {
  const { whole, rest } = splitIntoBuckets([1, 3 * DAY + 5 * MINUTE_MS + 7], {
    finestFrom: 0,
    until: Number.POSITIVE_INFINITY,
  })
  expect(whole.map(({ span }) => span)).toEqual([1, 10, 60, 1_440, 1])
  expect(rest).toEqual([
    { from: 1, to: MINUTE_MS },
    { from: 3 * DAY + 5 * MINUTE_MS, to: 3 * DAY + 5 * MINUTE_MS + 7 },
  ])
  expect(BUCKET_MINUTES).toEqual([1_440, 60, 10, 1])
})

test('edges separate the buckets of a timeline', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e12 }),
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 1, max: 500 }),
      (start, span, buckets) => {
        const end = start + span
        const edges = bucketEdges({ start, end, buckets }, end)
        for (const [i, edge] of edges.slice(1, -1).entries()) {
          const bucket = (at: number) => Math.floor(((at - start) * buckets) / span)
          if (edge > edges[i]!) expect(bucket(edge - 1)).toBeLessThan(i + 1)
          expect(bucket(edge)).toBeGreaterThanOrEqual(i + 1)
        }
      },
    ),
  )
})
