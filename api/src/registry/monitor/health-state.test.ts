import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HealthStatus } from '../../../../prisma/generated/client/enums.ts'
import { effectiveStatus, nextProbed, type ProbedState, type Signs } from './health-state.ts'

const THRESHOLDS = { failures: 3, successes: 2 }
const NEW: ProbedState = { probedStatus: 'UNKNOWN', pendingStatus: null, pendingCount: 0 }
const after = (results: readonly HealthStatus[], from = NEW) =>
  results.reduce((state, result) => nextProbed(state, result, THRESHOLDS), from)

test('a status changes after as many consecutive results as its threshold requires', () => {
  expect(after(['OK', 'DOWN', 'DOWN']).probedStatus).toBe('OK')
  expect(after(['OK', 'DOWN', 'DOWN', 'DOWN']).probedStatus).toBe('DOWN')
  expect(after(['OK', 'DOWN', 'DOWN', 'OK', 'DOWN', 'DOWN']).probedStatus).toBe('OK')
  expect(after(['DOWN', 'OK']).probedStatus).toBe('DOWN')
  expect(after(['DOWN', 'OK', 'OK']).probedStatus).toBe('OK')
})

test('for any results, a change follows results in a row that agree with it', () => {
  const results = fc.array(fc.constantFrom<HealthStatus>('OK', 'DEGRADED', 'DOWN'), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(results, (history) => {
      let state = NEW
      for (const [i, result] of history.entries()) {
        const next = nextProbed(state, result, THRESHOLDS)
        if (next.probedStatus !== state.probedStatus && i > 0) {
          const last = history.slice(Math.max(0, i - 1), i + 1)
          expect(last.every((one) => one === next.probedStatus)).toBe(true)
          if (next.probedStatus === 'DOWN') expect(history.slice(i - 2, i + 1)).toEqual(['DOWN', 'DOWN', 'DOWN'])
        }
        state = next
      }
    }),
  )
})

test('alternating results change nothing', () => {
  fc.assert(
    fc.property(fc.nat(50), (n) => {
      const flapping = Array.from({ length: n }, (_, i): HealthStatus => (i % 2 === 0 ? 'DOWN' : 'OK'))
      expect(after(flapping, after(['OK'])).probedStatus).toBe('OK')
    }),
  )
})

test('the status is the worst of probes, reports and the time to live', () => {
  const now = 1_800_000_000_000
  const signs: Signs = {
    healthUrl: 'http://a/ping',
    probedStatus: 'OK',
    reportedStatus: 'UNKNOWN',
    lastSeen: now,
    ttlSeconds: 30,
  }
  expect(effectiveStatus(signs, now)).toBe('OK')
  expect(effectiveStatus({ ...signs, reportedStatus: 'DEGRADED' }, now)).toBe('DEGRADED')
  expect(effectiveStatus({ ...signs, probedStatus: 'DOWN', reportedStatus: 'OK' }, now)).toBe('DOWN')
  expect(effectiveStatus(signs, now + 30_000)).toBe('OK')
  expect(effectiveStatus(signs, now + 30_001)).toBe('DOWN')
  expect(effectiveStatus({ ...signs, ttlSeconds: null }, now + 1e9)).toBe('OK')
  expect(effectiveStatus({ ...signs, healthUrl: '', probedStatus: 'UNKNOWN' }, now)).toBe('OK')
  expect(effectiveStatus({ ...signs, probedStatus: 'UNKNOWN' }, now)).toBe('UNKNOWN')
})
