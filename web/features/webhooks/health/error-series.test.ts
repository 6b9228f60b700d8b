import { expect, test } from 'vitest'
import type { ErrorKind } from '@/lib/graphql.ts'
import { type ErrorBucket, errorSeries } from './error-series.ts'

const bucket = (counts: Partial<Record<ErrorKind, number>>): ErrorBucket => ({
  start: '2026-01-01T00:00:00.000Z',
  errors: Object.entries(counts).map(([errorKind, count]) => ({ errorKind: errorKind as ErrorKind, count })),
})
const valuesOf = (buckets: ErrorBucket[]) =>
  errorSeries(buckets).map(({ name, accessor }) => [name, ...buckets.map(accessor)] as const)

test('kinds are series, the most frequent first', () => {
  expect(valuesOf([bucket({ TIMEOUT: 1, HTTP_5XX: 2 }), bucket({ HTTP_5XX: 3 })])).toEqual([
    ['Receiver failed (5xx)', 2, 3],
    ['Timed out', 1, 0],
  ])
  expect(errorSeries([bucket({})])).toEqual([])
})

test('several statuses of a kind are one series', () => {
  const mixed: ErrorBucket = {
    start: '',
    errors: [
      { errorKind: 'HTTP_4XX', count: 4 },
      { errorKind: 'HTTP_4XX', count: 1 },
    ],
  }
  expect(valuesOf([mixed])).toEqual([['Refused (4xx)', 5]])
})

test('rare kinds are counted together, so that the bars add up to all errors', () => {
  const many = [bucket({ DNS: 9, TLS: 8, TIMEOUT: 7, CONNECT: 6, REDIRECT: 2 }), bucket({ INTERNAL: 1 })]
  const series = valuesOf(many)
  expect(series.at(-1)).toEqual(['Other errors', 2, 1])
  expect(series).toHaveLength(5)
  expect(new Set(errorSeries(many).map(({ color }) => color)).size).toBe(5)
})
