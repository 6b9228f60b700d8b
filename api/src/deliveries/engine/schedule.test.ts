import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  DEFAULT_RETRY_SCHEDULE,
  isNearFailure,
  MAX_RETRIES,
  maxAttemptsOf,
  nextDelayMs,
  scheduleProblem,
} from './schedule.ts'

const middle = () => 0.5

test('each retry follows its interval until none is left', () => {
  const delays = Array.from({ length: 8 }, (_, i) => nextDelayMs(DEFAULT_RETRY_SCHEDULE, i + 1, middle, null))
  expect(delays).toEqual([5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000, null])
  expect(maxAttemptsOf(DEFAULT_RETRY_SCHEDULE)).toBe(8)
  expect(nextDelayMs([], 1, middle, null)).toBeNull()
})

test('jitter stays within a fifth of the interval, and Retry-After is a floor', () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 604_800 }),
      random,
      fc.option(fc.nat(86_400_000)),
      (seconds, r, retryAfter) => {
        const delay = nextDelayMs([seconds], 1, () => r, retryAfter) ?? Number.NaN
        expect(delay).toBeGreaterThanOrEqual(Math.max(seconds * 800, retryAfter ?? 0))
        expect(delay).toBeLessThanOrEqual(Math.max(seconds * 1200, retryAfter ?? 0))
      },
    ),
  )
})

test('near failure means one remaining attempt of several', () => {
  expect([isNearFailure(7, 8), isNearFailure(6, 8), isNearFailure(8, 8), isNearFailure(0, 1)]).toEqual([
    true,
    false,
    false,
    false,
  ])
})

test('invalid schedules are refused with the wrong interval', () => {
  expect(scheduleProblem(DEFAULT_RETRY_SCHEDULE)).toBeNull()
  expect(scheduleProblem([])).toBeNull()
  expect(scheduleProblem([5, 0])?.index).toBe(1)
  expect(scheduleProblem([1.5])?.reason).toContain('is 1.5')
  expect(scheduleProblem([604_801])?.index).toBe(0)
  expect(scheduleProblem(Array(MAX_RETRIES + 1).fill(5))?.index).toBeNull()
})
