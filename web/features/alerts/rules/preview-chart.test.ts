import { expect, test } from 'vitest'
import { previewBars } from './preview-chart.ts'

const MINUTE = 60_000
const timeline = (counts: readonly number[], firing: readonly number[] = []) =>
  counts.map((matched, index) => ({
    start: new Date(index * MINUTE).toISOString(),
    matched,
    firing: firing.includes(index),
  }))

test('a bar counts the events of the window that ends in it, not only its own', () => {
  const bars = previewBars(timeline([1, 2, 0, 4, 0, 0]), 180, 100)
  expect(bars.map(({ inWindow }) => inWindow)).toEqual([1, 3, 3, 6, 4, 4])
})

test('a bar for several moments shows the highest count and whether any fires', () => {
  const bars = previewBars(timeline([0, 9, 0, 1, 0, 0], [1]), 60, 3)
  expect(bars).toEqual([
    { start: new Date(0).toISOString(), inWindow: 9, firing: true },
    { start: new Date(2 * MINUTE).toISOString(), inWindow: 1, firing: false },
    { start: new Date(4 * MINUTE).toISOString(), inWindow: 0, firing: false },
  ])
})

test('a window shorter than a bucket counts the whole bucket, and an empty history has no bars', () => {
  expect(previewBars(timeline([3, 5]), 1, 10).map(({ inWindow }) => inWindow)).toEqual([3, 5])
  expect(previewBars([], 60, 10)).toEqual([])
})
