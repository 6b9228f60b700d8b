import { expect, test } from 'vitest'
import { ReplayPace } from './pace.ts'
import { takeable, taken, type WebhookProgress } from './rules.ts'

/**
 * Simulates a receiver that accepts `perSecond` for some seconds, with a check every 100 ms; returns the number of
 * attempts, the greatest number of replays that waited after the first 5 s, and the number of refills. `failing` is the
 * share of the attempts that fail.
 */
function play(perSecond: number, seconds: number, { limit = null as number | null, failing = 0 } = {}) {
  const pace = new ReplayPace(null, 0)
  let webhook: WebhookProgress = { ...OPEN, waiting: 1_000_000 }
  let attempted = 0
  let greatest = 0
  let refills = 0
  for (let now = 0; now < seconds * 1_000; now += 100) {
    const before = webhook.outstanding
    const done = Math.min(before, perSecond / 10)
    attempted += done
    webhook = { ...webhook, outstanding: before - done }
    if (before > 0)
      pace.progressed('w', { before, still: webhook.outstanding, failed: Math.round(done * failing) }, now)
    const count = takeable(webhook, pace.window('w', limit))
    if (count > 0) refills++
    webhook = taken(webhook, count, 0)
    if (now > 5_000) greatest = Math.max(greatest, webhook.outstanding)
  }
  return { attempted, greatest, refills }
}

const OPEN: WebhookProgress = {
  webhookId: 'w',
  phase: 'OPEN',
  stopReason: null,
  streakKind: null,
  streak: 0,
  waiting: 0,
  outstanding: 0,
}

test('a fast receiver is kept busy by few large groups', () => {
  const { attempted, refills } = play(2_000, 10)
  expect(attempted).toBeGreaterThan(0.9 * 20_000)
  expect(attempted / refills).toBeGreaterThan(300)
})

test('a fast receiver has replays for at most a second waiting', () => {
  for (const perSecond of [200, 500, 800]) expect(play(perSecond, 10).greatest).toBeLessThanOrEqual(perSecond)
})

test('a fast receiver that begins to fail has few replays waiting', () => {
  expect(play(2_000, 10, { failing: 0.5 }).greatest).toBe(32)
  expect(play(2_000, 10, { failing: 0.02 }).greatest).toBeGreaterThan(500)
})

test('a slow receiver has few replays waiting', () => {
  const { attempted, greatest } = play(20, 10)
  expect(attempted).toBeGreaterThan(0.9 * 200)
  expect(greatest).toBeLessThanOrEqual(40)
})

test("a webhook's own rate bounds its window", () => {
  expect(play(1_000, 10, { limit: 5 }).greatest).toBe(5)
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
