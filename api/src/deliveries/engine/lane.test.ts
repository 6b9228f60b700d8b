import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Lane } from './lane.ts'

test('in any stretch of time no more requests go out than the rate allows, and an idle lane may burst one second', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 400 }),
      (rate, pauses) => {
        const lane = new Lane('w')
        lane.limits = { maxConcurrency: 16, ratePerSecond: rate }
        let now = 1_000_000
        const sent: number[] = []
        for (const pause of pauses) {
          now += pause
          if (lane.spendToken(now) === 0) sent.push(now)
        }
        for (let i = 0; i < sent.length; i++) {
          const within = sent.filter((at) => at >= sent[i]! && at < sent[i]! + 1_000).length
          // A bucket of one second's worth, plus what flows in during the second.
          expect(within).toBeLessThanOrEqual(2 * rate + 1)
        }
      },
    ),
  )
})

test('after the wait that it names there is a token', () => {
  const lane = new Lane('w')
  lane.limits = { maxConcurrency: 16, ratePerSecond: 3 }
  expect(lane.spendToken(5_000)).toBe(0)
  const wait = lane.spendToken(5_000)
  expect(wait).toBeGreaterThan(0)
  expect(lane.spendToken(5_000 + wait)).toBe(0)
})

test('a lane whose receiver is slow keeps and claims only what it can send soon', () => {
  const lane = new Lane('w')
  lane.limits = { maxConcurrency: 4, ratePerSecond: null }
  expect(lane.capacity).toBeGreaterThan(1_000)
  for (let i = 0; i < 10; i++) lane.finished({ durationMs: 15_000, ok: true, breaker: true })
  expect(lane.ahead).toBe(4)
  const taken = Array.from({ length: 20 }, (_, i) => lane.offer({ id: String(i), attempts: 0 }))
  expect(taken.filter(Boolean)).toHaveLength(8)
  for (let i = 0; i < 60; i++) lane.finished({ durationMs: 2, ok: true, breaker: true })
  expect(lane.offer({ id: 'again', attempts: 0 })).toBe(true)
})

test('a ticket that is here already is taken once', () => {
  const lane = new Lane('w')
  expect([lane.offer({ id: 'a', attempts: 0 }), lane.offer({ id: 'a', attempts: 0 })]).toEqual([true, true])
  expect(lane.take(10)).toHaveLength(1)
  expect(lane.offer({ id: 'a', attempts: 1 })).toBe(true)
})
