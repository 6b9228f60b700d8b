import { describe, expect, it } from 'vitest'
import { duration, relativeTime, span } from './time.ts'

describe('relativeTime', () => {
  const now = Date.parse('2026-03-01T12:00:00.000Z')
  it.each([
    [0, 'now'],
    [-900, 'now'],
    [-12_000, '12s ago'],
    [-59_900, '59s ago'],
    [-60_000, '1m ago'],
    [-7_200_000, '2h ago'],
    [300_000, 'in 5m'],
    [-86_400_000 * 3, '3d ago'],
  ])('%i ms from now is %j', (distance, text) => {
    expect(relativeTime(now + distance, now)).toBe(text)
  })
})

it('formats a duration in a suitable unit', () => {
  expect([3.4, 340, 999.6, 2_440, 8_000, 9_960, 15_012].map(duration)).toEqual([
    '3 ms',
    '340 ms',
    '1.0 s',
    '2.4 s',
    '8 s',
    '10 s',
    '15 s',
  ])
  expect([119_000, 282_000, 599_600, 2_234_000].map(duration)).toEqual(['119 s', '4.7 min', '10 min', '37 min'])
  expect([7_169_000, 7_200_000, 9_000_000].map(duration)).toEqual(['119 min', '2 h', '2.5 h'])
})

it('formats a span in whole units', () => {
  expect([200, 12_400, 59_600, 185_000, 7_300_000, 200_000_000].map(span)).toEqual([
    '1 s',
    '12 s',
    '1 min',
    '3 min',
    '2 h',
    '2 d',
  ])
})
