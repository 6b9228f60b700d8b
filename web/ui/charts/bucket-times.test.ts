import { expect, test } from 'vitest'
import { bucketTimes, marksOf } from './bucket-times.ts'

const at = (time: string) => `2026-01-01T${time}.000Z`
const minutes = (count: number) => Array.from({ length: count }, (_, i) => ({ start: at(`12:0${i}:00`) }))

test('times are placed among the buckets, and times outside of them are left out', () => {
  const times = [at('12:09:30'), at('12:02:30'), at('12:02:30'), at('11:59:59'), at('12:10:00')]
  expect(marksOf(times, bucketTimes(minutes(10), at('12:10:00')), 10)).toEqual([2.5, 9.5])
  expect(marksOf(times, bucketTimes([], undefined), 0)).toEqual([])
})

test('a time is placed in its bucket, also if the first and the last bucket are shorter or longer', () => {
  const buckets = [{ start: at('12:00:30') }, { start: at('12:01:00') }, { start: at('12:02:00') }]
  const times = [at('12:00:45'), at('12:01:15'), at('12:03:00')]
  expect(marksOf(times, bucketTimes(buckets, at('12:04:00')), 3)).toEqual([0.5, 1.25, 2.5])
  expect(bucketTimes(buckets, undefined).endOf(2)).toBe(Date.parse(at('12:03:00')))
})
