import { expect, test } from 'vitest'
import { marksOf } from './bucket-times.ts'

const at = (time: string) => `2026-01-01T${time}.000Z`

test('times are placed among the buckets, and times outside of them are left out', () => {
  const [start, end] = [Date.parse(at('12:00:00')), Date.parse(at('12:10:00'))]
  const times = [at('12:09:30'), at('12:02:30'), at('12:02:30'), at('11:59:59'), at('12:10:00')]
  expect(marksOf(times, start, end, 10)).toEqual([2.5, 9.5])
  expect(marksOf(times, Number.NaN, Number.NaN, 0)).toEqual([])
})
