import { expect, test } from 'vitest'
import { OTHERS, sizeSeries } from './table-sizes.ts'
import { bytesText } from './words.ts'

const sample = (name: string, hour: number, bytes: number) => ({
  name,
  at: new Date(Date.UTC(2026, 0, 1, hour)).toISOString(),
  bytes,
  rows: 1,
})

test('the largest tables are shown separately, the others as a sum', () => {
  const sizes = [900, 800, 700, 600, 500, 40, 2]
  const samples = sizes.flatMap((bytes, n) => [sample(`t${n}`, 0, bytes / 2), sample(`t${n}`, 1, bytes)])
  const { tables, buckets, now } = sizeSeries(samples)
  expect(tables).toEqual(['t0', 't1', 't2', 't3', 't4', OTHERS])
  expect(buckets.map(({ bytes }) => [bytes.t0, bytes[OTHERS]])).toEqual([
    [450, 21],
    [900, 42],
  ])
  expect(now.map(({ name }) => name)).toEqual(['t0', 't1', 't2', 't3', 't4', 't5', 't6'])
})

test('many samples become at most 60 bars, including the newest', () => {
  const { buckets } = sizeSeries(Array.from({ length: 336 }, (_, hour) => sample('events', hour, hour)))
  expect(buckets).toHaveLength(60)
  expect(buckets.at(-1)?.bytes.events).toBe(335)
  expect(buckets.map(({ start }) => start)).toEqual(buckets.map(({ start }) => start).sort())
})

test('without samples the chart is empty', () => {
  expect(sizeSeries([])).toEqual({ tables: [], buckets: [], now: [] })
})

test('sizes are formatted in units of 1,000', () => {
  expect([0, 999, 1_000, 99_940, 123_456, 7_300_000, 2_500_000_000].map(bytesText)).toEqual([
    '0 bytes',
    '999 bytes',
    '1.0 kB',
    '99.9 kB',
    '123 kB',
    '7.3 MB',
    '2.5 GB',
  ])
})
