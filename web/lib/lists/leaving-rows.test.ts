import { expect, test } from 'vitest'
import { LeavingRows } from './leaving-rows.ts'

test('a row that stops matching stays visible for 4 s from the first time', () => {
  const rows = new LeavingRows()
  rows.update(['a'], 1_000)
  rows.update(['a', 'b'], 3_000)
  expect([...rows.visible(4_999).keys()]).toEqual(['a', 'b'])
  expect([...rows.visible(5_000).keys()]).toEqual(['b'])
  expect(rows.hasExpired(5_000)).toBe(false)
  expect(rows.hasExpired(5_001)).toBe(true)
})

test('a row that matches again is not leaving', () => {
  const rows = new LeavingRows()
  rows.update(['a', 'b'], 1_000)
  rows.update(['b'], 2_000)
  expect([rows.has('a'), rows.has('b')]).toEqual([false, true])
  rows.clear()
  expect(rows.has('b')).toBe(false)
})
