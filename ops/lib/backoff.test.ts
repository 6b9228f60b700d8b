import { expect, test } from 'vitest'
import { Backoff } from './backoff.mjs'

test('quick deaths in a row come back ever later, and then not at all', () => {
  const backoff = new Backoff()
  expect([1, 2, 3, 4, 5].map(() => backoff.next(100))).toEqual([500, 1_000, 2_000, 4_000, undefined])
})

test('a long life forgives the quick deaths before it', () => {
  const backoff = new Backoff()
  for (let death = 1; death <= 4; death++) backoff.next(100)
  expect(backoff.next(60_000)).toBe(500)
  expect(backoff.next(100)).toBe(1_000)
})
