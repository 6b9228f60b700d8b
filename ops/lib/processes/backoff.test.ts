import { expect, test } from 'vitest'
import { Backoff } from './backoff.mjs'

test('consecutive failures increase the pause until the program is given up', () => {
  const backoff = new Backoff()
  expect([1, 2, 3, 4, 5].map(() => backoff.next(100))).toEqual([500, 1_000, 2_000, 4_000, undefined])
})

test('a long run resets the failures', () => {
  const backoff = new Backoff()
  for (let death = 1; death <= 4; death++) backoff.next(100)
  expect(backoff.next(60_000)).toBe(500)
  expect(backoff.next(100)).toBe(1_000)
})
