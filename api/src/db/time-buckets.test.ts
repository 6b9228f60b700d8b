import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BUCKET_MINUTES, bucketAt, bucketEdges, bucketStarts, MINUTE_MS, splitIntoBuckets } from './time-buckets.ts'

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

test('buckets of a timeline are in order, and at most about a quarter longer or shorter than equal ones', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e12 }),
      fc.integer({ min: 1, max: 40 * DAY }),
      fc.integer({ min: 1, max: 500 }),
      (start, span, buckets) => {
        const end = start + span
        const edges = bucketEdges({ start, end, buckets }, end)
        const width = span / buckets
        expect(edges).toHaveLength(buckets + 1)
        expect([edges[0], edges.at(-1)]).toEqual([start, end])
        const inner = edges.slice(1, -2).map((edge, i) => edges[i + 2]! - edge)
        expect(inner.filter((length) => length < 0 || Math.abs(length - width) > width / 4 + 2)).toEqual([])
        expect(edges.filter((edge, i) => Math.abs(edge - (start + i * width)) > width / 2 + 1)).toEqual([])
      },
    ),
  )
})

test.each([
  ['an hour in minutes', 60 * MINUTE_MS, 60, MINUTE_MS],
  ['a day in hours', DAY, 24, 60 * MINUTE_MS],
  ['a day in 60 parts of 24 minutes', DAY, 60, MINUTE_MS],
  ['a week in 60 parts of 168 minutes', 7 * DAY, 60, 10 * MINUTE_MS],
  ['a month in 60 parts of 12 hours', 30 * DAY, 60, 60 * MINUTE_MS],
])('%s has limits for which there are totals', (_, span, buckets, step) => {
  const start = 20_000 * DAY + 12_345_678
  const starts = bucketStarts({ start, end: start + span, buckets })
  expect(starts.slice(1).filter((at) => at % step !== 0)).toEqual([])
  expect(starts[0]).toBe(start)
})

test('a time belongs to the bucket that begins before it', () => {
  expect([0, 10, 11, 20, 99].map((at) => bucketAt([10, 20, 30], at))).toEqual([0, 0, 0, 1, 2])
})
