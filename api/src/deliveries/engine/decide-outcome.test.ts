import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import { type AttemptContext, decideOutcome } from './decide-outcome.ts'
import { DEFAULT_RETRY_SCHEDULE } from './schedule.ts'
import { isFinal } from './state-machine.ts'

const ok = { ok: true, statusCode: 204, errorKind: null, retryAfterMs: null }
const failed = (errorKind: ErrorKind, statusCode: number | null = null, retryAfterMs: number | null = null) => ({
  ok: false,
  statusCode,
  errorKind,
  retryAfterMs,
})
const first: AttemptContext = {
  status: 'PENDING',
  attemptCount: 0,
  maxAttempts: 8,
  schedule: DEFAULT_RETRY_SCHEDULE,
  result: failed('CONNECT'),
  random: () => 0.5,
  isProbe: false,
}

test('a receiver that is down gets every attempt after its interval, then the delivery is a dead letter', () => {
  let context = first
  const waits: (number | null)[] = []
  for (;;) {
    const outcome = decideOutcome(context)
    waits.push(outcome.retryInMs)
    context = { ...context, ...outcome }
    if (isFinal(outcome.status)) break
    expect(outcome.status).toBe('FAILED')
  }
  expect(waits).toEqual([5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000, null])
  expect(context).toMatchObject({ status: 'DEAD_LETTER', attemptCount: 8, maxAttempts: 8 })
})

test('2xx delivers, 410 ends the delivery and disables the webhook, a blocked address is retried', () => {
  expect(decideOutcome({ ...first, result: ok })).toMatchObject({
    status: 'DELIVERED',
    attemptCount: 1,
    retryInMs: null,
    disableWebhook: null,
  })
  for (const isProbe of [false, true]) {
    const gone = decideOutcome({ ...first, isProbe, result: failed('HTTP_4XX', 410) })
    expect(gone).toMatchObject({ status: 'DEAD_LETTER', attemptCount: 1, maxAttempts: 8, retryInMs: null })
    expect(gone.disableWebhook).toContain('410')
  }
  expect(decideOutcome({ ...first, result: failed('BLOCKED_ADDRESS') }).status).toBe('FAILED')
})

test('Retry-After postpones the retry, and one attempt without a schedule is the last', () => {
  expect(decideOutcome({ ...first, result: failed('HTTP_429', 429, 60_000) }).retryInMs).toBe(60_000)
  expect(decideOutcome({ ...first, result: failed('HTTP_429', 429, 1_000) }).retryInMs).toBe(5_000)
  expect(decideOutcome({ ...first, schedule: [], maxAttempts: 1 })).toMatchObject({
    status: 'DEAD_LETTER',
    attemptCount: 1,
  })
})

test('a failed probe uses no attempt and keeps its position in the schedule, also without retries', () => {
  const third = { ...first, status: 'FAILED' as const, attemptCount: 2 }
  const probed = decideOutcome({ ...third, isProbe: true })
  expect(probed).toMatchObject({ status: 'FAILED', trigger: 'probe_failed', attemptCount: 3, maxAttempts: 9 })
  expect(probed.retryInMs).toBe(300_000)
  expect(decideOutcome({ ...third, ...probed }).retryInMs).toBe(1_800_000)
  expect(decideOutcome({ ...first, isProbe: true, schedule: [], maxAttempts: 1 })).toMatchObject({
    status: 'FAILED',
    maxAttempts: 2,
  })
})

test('a changed schedule is followed from its end', () => {
  expect(decideOutcome({ ...first, schedule: [10, 20] }).retryInMs).toBe(10_000)
  expect(decideOutcome({ ...first, attemptCount: 6, schedule: [10, 20] }).retryInMs).toBe(20_000)
  expect(decideOutcome({ ...first, attemptCount: 7, schedule: [10, 20] }).status).toBe('DEAD_LETTER')
})

test('for any receiver, attempts are bounded, open deliveries are scheduled, and every delivery ends', () => {
  const result = fc.oneof(
    { weight: 1, arbitrary: fc.constant(ok) },
    { weight: 1, arbitrary: fc.constant(failed('HTTP_4XX', 410)) },
    { weight: 8, arbitrary: fc.option(fc.nat(86_400_000)).map((after) => failed('HTTP_5XX', 503, after)) },
  )
  const step = fc.record({ result, isProbe: fc.boolean() })
  const schedule = fc.array(fc.integer({ min: 1, max: 36_000 }), { maxLength: 10 })
  fc.assert(
    fc.property(schedule, fc.array(step, { minLength: 1, maxLength: 40 }), (intervals, steps) => {
      let context: AttemptContext = {
        ...first,
        schedule: intervals,
        maxAttempts: intervals.length + 1,
        random: Math.random,
      }
      let spent = 0
      for (const { result, isProbe } of steps) {
        const outcome = decideOutcome({ ...context, result, isProbe })
        expect(outcome.attemptCount).toBe(context.attemptCount + 1)
        expect(outcome.attemptCount).toBeLessThanOrEqual(outcome.maxAttempts)
        expect(outcome.retryInMs === null).toBe(isFinal(outcome.status))
        if (outcome.retryInMs !== null) expect(outcome.retryInMs).toBeGreaterThan(0)
        if (outcome.trigger !== 'probe_failed') spent++
        context = { ...context, ...outcome }
        if (isFinal(context.status)) break
      }
      expect(spent).toBeLessThanOrEqual(intervals.length + 1)
    }),
  )
})
