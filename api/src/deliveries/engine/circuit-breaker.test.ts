import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  afterFailure,
  afterSuccess,
  type CircuitView,
  HEALTHY,
  isLasting,
  MAX_PROBE_MS,
  mayProbe,
  OPEN_AFTER_FAILURES,
  startProbe,
} from './circuit-breaker.ts'

const start = new Date('2026-03-01T00:00:00Z')
const later = (from: Date, ms: number) => new Date(from.getTime() + ms)
const normal = { breaker: true, isProbe: false }
const probe = { breaker: true, isProbe: true }

function fail(view: CircuitView, times: number, how = normal): CircuitView {
  let next = view
  for (let i = 0; i < times; i++) next = afterFailure(next, start, how)
  return next
}

test('it opens at the tenth consecutive failure, and a success resets the count', () => {
  expect(fail(HEALTHY, 9).circuit).toBe('CLOSED')
  expect(fail(afterSuccess(fail(HEALTHY, 9)), 9).circuit).toBe('CLOSED')
  expect(fail(HEALTHY, 10)).toEqual({
    circuit: 'OPEN',
    consecutiveFailures: 10,
    failingSince: start,
    failingDays: 1,
    lastFailureAt: start,
    probeAt: later(start, 30_000),
    openings: 1,
  })
})

test('each failed probe doubles the wait, to 15 minutes', () => {
  let view = fail(HEALTHY, 10)
  const waits: number[] = []
  for (let i = 0; i < 8; i++) {
    const due = view.probeAt ?? start
    expect(mayProbe(view, later(due, -1))).toBe(false)
    expect(mayProbe(view, due)).toBe(true)
    view = startProbe(view, due, 60_000)
    expect(mayProbe(view, due)).toBe(false)
    view = afterFailure(view, due, probe)
    waits.push((view.probeAt?.getTime() ?? 0) - due.getTime())
  }
  expect(waits).toEqual([60_000, 120_000, 240_000, 480_000, MAX_PROBE_MS, MAX_PROBE_MS, MAX_PROBE_MS, MAX_PROBE_MS])
})

test('a probe of a dead worker is repeated, and a successful probe closes the circuit', () => {
  const half = startProbe(fail(HEALTHY, 10), later(start, 30_000), 60_000)
  expect(mayProbe(half, later(start, 89_999))).toBe(false)
  expect(mayProbe(half, later(start, 90_000))).toBe(true)
  expect(afterSuccess(half)).toEqual(HEALTHY)
})

test('attempts in flight when it opened affect neither the probe nor the backoff', () => {
  const open = fail(HEALTHY, 10)
  expect(fail(open, 5)).toEqual({ ...open, consecutiveFailures: 15 })
  const half = startProbe(open, later(start, 30_000), 60_000)
  expect(fail(half, 5)).toEqual({ ...half, consecutiveFailures: 15 })
})

test('a disabled breaker never opens but records the start of the failures', () => {
  const view = fail(HEALTHY, 1000, { breaker: false, isProbe: false })
  expect(view).toEqual({
    ...HEALTHY,
    consecutiveFailures: 1000,
    failingSince: start,
    failingDays: 1,
    lastFailureAt: start,
  })
  expect(fail(fail(HEALTHY, 10), 1, { breaker: false, isProbe: false }).circuit).toBe('CLOSED')
})

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Fails at these times after the start. */
const failAt = (times: readonly number[]) =>
  times.reduce((view, ms) => afterFailure(view, later(start, ms), normal), HEALTHY)

test('failures on at least five days without a success are permanent after five days', () => {
  const daily = [0, DAY, 2 * DAY, 3 * DAY, 4 * DAY]
  expect(isLasting(failAt(daily), later(start, 5 * DAY - 1))).toBe(false)
  expect(isLasting(failAt(daily), later(start, 5 * DAY))).toBe(true)
  expect(isLasting(HEALTHY, later(start, 5 * DAY))).toBe(false)
})

test('a few requests over five days or many on one day are not permanent', () => {
  expect(isLasting(failAt([0, 5 * DAY]), later(start, 5 * DAY))).toBe(false)
  const burst = Array.from({ length: 500 }, (_, i) => i * 1_000)
  expect(isLasting(failAt([...burst, 6 * DAY]), later(start, 6 * DAY))).toBe(false)
  // Sending was off on three of the days.
  expect(isLasting(failAt([0, HOUR, DAY, 5 * DAY, 5 * DAY + HOUR]), later(start, 5 * DAY + HOUR))).toBe(false)
})

test('in any sequence it is open exactly when a probe is scheduled, and only after enough failures', () => {
  const step = fc.constantFrom('success', 'failure', 'probe', 'tick')
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      let view = HEALTHY
      let now = start
      for (const kind of steps) {
        now = later(now, 20_000)
        if (kind === 'success') view = afterSuccess(view)
        else if (kind === 'failure') view = afterFailure(view, now, normal)
        else if (kind === 'probe' && mayProbe(view, now)) view = afterFailure(startProbe(view, now, 60_000), now, probe)
        expect(view.probeAt === null).toBe(view.circuit === 'CLOSED')
        expect(view.openings === 0).toBe(view.circuit === 'CLOSED')
        expect(view.failingSince === null).toBe(view.consecutiveFailures === 0)
        if (view.circuit !== 'CLOSED') expect(view.consecutiveFailures).toBeGreaterThanOrEqual(OPEN_AFTER_FAILURES)
      }
    }),
  )
})
