import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DeliveryStatus, ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import { DEFAULT_RETRY_SCHEDULE } from './schedule.ts'
import {
  type AttemptContext,
  type DeliveryTrigger,
  decideOutcome,
  IllegalTransition,
  isFinal,
  TRANSITIONS,
  transition,
} from './state-machine.ts'

const now = new Date('2026-03-01T00:00:00Z')
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
  now,
  random: () => 0.5,
  isProbe: false,
}
const waitSeconds = (at: Date | null) => (at === null ? null : (at.getTime() - now.getTime()) / 1000)

const statuses = Object.keys(TRANSITIONS) as DeliveryStatus[]
const triggers = Object.keys(TRANSITIONS.PENDING ?? {}) as DeliveryTrigger[]

test('no sequence of triggers leaves a final state', () => {
  fc.assert(
    fc.property(fc.constantFrom(...statuses), fc.array(fc.constantFrom(...triggers)), (from, sequence) => {
      let status = from
      for (const trigger of sequence) {
        if (isFinal(status)) expect(() => transition(status, trigger)).toThrow(IllegalTransition)
        else status = transition(status, trigger)
      }
      expect(['DELIVERED', 'DEAD_LETTER', 'CANCELLED'].includes(status)).toBe(isFinal(status))
    }),
  )
})

test('a receiver that is down gets every attempt, each after its own interval, then it is a dead letter', () => {
  let context = first
  const waits: (number | null)[] = []
  for (;;) {
    const outcome = decideOutcome(context)
    waits.push(waitSeconds(outcome.nextAttemptAt))
    context = { ...context, ...outcome }
    if (isFinal(outcome.status)) break
    expect(outcome.status).toBe('FAILED')
    expect(outcome.completedAt).toBeNull()
  }
  expect(waits).toEqual([5, 300, 1800, 7200, 18000, 36000, 36000, null])
  expect(context).toMatchObject({ status: 'DEAD_LETTER', attemptCount: 8, maxAttempts: 8, completedAt: now })
})

test('2xx delivers, 410 ends it and disables the webhook, a blocked address is retried', () => {
  expect(decideOutcome({ ...first, result: ok })).toMatchObject({
    status: 'DELIVERED',
    attemptCount: 1,
    completedAt: now,
    disableWebhook: null,
  })
  for (const isProbe of [false, true]) {
    const gone = decideOutcome({ ...first, isProbe, result: failed('HTTP_4XX', 410) })
    expect(gone).toMatchObject({ status: 'DEAD_LETTER', attemptCount: 1, maxAttempts: 8, nextAttemptAt: null })
    expect(gone.disableWebhook).toContain('410')
  }
  expect(decideOutcome({ ...first, result: failed('BLOCKED_ADDRESS') }).status).toBe('FAILED')
})

test('Retry-After puts the retry off, and one attempt without a schedule is the last', () => {
  expect(waitSeconds(decideOutcome({ ...first, result: failed('HTTP_429', 429, 60_000) }).nextAttemptAt)).toBe(60)
  expect(waitSeconds(decideOutcome({ ...first, result: failed('HTTP_429', 429, 1_000) }).nextAttemptAt)).toBe(5)
  expect(decideOutcome({ ...first, schedule: [], maxAttempts: 1 })).toMatchObject({
    status: 'DEAD_LETTER',
    attemptCount: 1,
  })
})

test('a failed probe gives its attempt back and keeps its place in the schedule, also without any retries', () => {
  const third = { ...first, status: 'FAILED' as const, attemptCount: 2 }
  const probed = decideOutcome({ ...third, isProbe: true })
  expect(probed).toMatchObject({ status: 'FAILED', trigger: 'probe_failed', attemptCount: 3, maxAttempts: 9 })
  expect(waitSeconds(probed.nextAttemptAt)).toBe(300)
  expect(waitSeconds(decideOutcome({ ...third, ...probed }).nextAttemptAt)).toBe(1800)
  expect(decideOutcome({ ...first, isProbe: true, schedule: [], maxAttempts: 1 })).toMatchObject({
    status: 'FAILED',
    maxAttempts: 2,
  })
})

test('a schedule changed meanwhile is followed from its end', () => {
  expect(waitSeconds(decideOutcome({ ...first, schedule: [10, 20] }).nextAttemptAt)).toBe(10)
  expect(waitSeconds(decideOutcome({ ...first, attemptCount: 6, schedule: [10, 20] }).nextAttemptAt)).toBe(20)
  expect(decideOutcome({ ...first, attemptCount: 7, schedule: [10, 20] }).status).toBe('DEAD_LETTER')
})

test('whatever receivers do, attempts stay within their number, open means scheduled, and it always ends', () => {
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
        expect(outcome.nextAttemptAt === null).toBe(isFinal(outcome.status))
        expect(outcome.completedAt !== null).toBe(isFinal(outcome.status))
        if (outcome.nextAttemptAt && outcome.nextAttemptAt <= now) throw new Error('scheduled in the past')
        if (outcome.trigger !== 'probe_failed') spent++
        context = { ...context, ...outcome }
        if (isFinal(context.status)) break
      }
      expect(spent).toBeLessThanOrEqual(intervals.length + 1)
    }),
  )
})
