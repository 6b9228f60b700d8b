import { expect, test } from 'vitest'
import { LanePace } from './lane-pace.ts'

const paced = (maxConcurrency: number, ratePerSecond: number | null = null) => {
  const pace = new LanePace()
  pace.limits = { maxConcurrency, ratePerSecond }
  return pace
}
const answered = (pace: LanePace, durationMs: number, times: number) => {
  for (let i = 0; i < times; i++) {
    pace.finished({ durationMs, ok: true, breaker: true })
    pace.recorded()
  }
}

test('a lane with a slow receiver buffers and claims only what it can send soon', () => {
  const pace = paced(4)
  expect(pace.capacity).toBeGreaterThan(1_000)
  answered(pace, 15_000, 10)
  expect(pace.ahead).toBe(4)
  expect(pace.capacity).toBe(8)
  expect(pace.isLimited).toBe(true)
  answered(pace, 2, 60)
  expect(pace.capacity).toBeGreaterThan(1_000)
  expect(pace.isLimited).toBe(false)
})

test('a rate limit bounds buffer and claims, and is the hold reason while slots are free', () => {
  const pace = paced(16, 5)
  expect(pace.capacity).toBe(10)
  expect(pace.ahead).toBe(5)
  expect(pace.limitReason).toBe('RATE_LIMITED')
  pace.inFlight = 16
  expect(pace.limitReason).toBe('CONCURRENCY_LIMITED')
})

test('a request holds its slot until its outcome is recorded', () => {
  const pace = paced(2)
  pace.inFlight = 1
  pace.finished({ durationMs: 1, ok: true, breaker: true })
  expect(pace.hasSlot).toBe(false)
  pace.recorded()
  expect(pace.hasSlot).toBe(true)
})

test('large payloads are claimed a few at a time', () => {
  const pace = paced(256)
  for (let i = 0; i < 50; i++) pace.claimed(256 * 1024)
  expect(pace.ahead).toBe(8)
  for (let i = 0; i < 50; i++) pace.claimed(10 * 1024 * 1024)
  expect(pace.ahead).toBe(1)
})

test('after ten consecutive failures nothing is sent until they are recorded', () => {
  const pace = paced(100)
  for (let i = 0; i < 10; i++) pace.finished({ durationMs: 1, ok: false, breaker: true })
  expect(pace.hasSlot).toBe(false)
  for (let i = 0; i < 10; i++) pace.recorded()
  expect(pace.hasSlot).toBe(true)
})
