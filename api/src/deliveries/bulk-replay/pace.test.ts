import { expect, test } from 'vitest'
import { ReplayPace } from './pace.ts'

/**
 * Simulates a receiver that accepts `perSecond` for some seconds, with a check every 100 ms; returns the window and the
 * number of attempts.
 */
function play(perSecond: number, seconds: number, limit: number | null = null) {
  const pace = new ReplayPace(null, 0)
  let outstanding = 0
  let attempted = 0
  let greatest = 0
  for (let now = 0; now < seconds * 1_000; now += 100) {
    const before = outstanding
    const done = Math.min(outstanding, perSecond / 10)
    outstanding -= done
    attempted += done
    if (before > 0) pace.progressed('w', before, outstanding, now)
    outstanding += Math.max(0, pace.window('w', limit) - outstanding)
    if (now > 5_000) greatest = Math.max(greatest, outstanding)
  }
  return { attempted, greatest }
}

test('a fast receiver is kept busy', () => {
  expect(play(2_000, 10).attempted).toBeGreaterThan(0.9 * 20_000)
})

test('a slow receiver has few replays waiting', () => {
  const { attempted, greatest } = play(20, 10)
  expect(attempted).toBeGreaterThan(0.9 * 200)
  expect(greatest).toBeLessThanOrEqual(40)
})

test("a webhook's own rate bounds its window", () => {
  expect(play(1_000, 10, 5).greatest).toBe(5)
})

test('a pace is kept, with a burst of at most a second', () => {
  const pace = new ReplayPace(50, 0)
  let sent = 0
  for (let now = 0; now <= 10_000; now += 100) {
    const budget = pace.budget(now)
    pace.spent(budget)
    sent += budget
  }
  expect(sent).toBeGreaterThanOrEqual(495)
  expect(sent).toBeLessThanOrEqual(502)
  expect(pace.budget(100_000)).toBe(50)
})
