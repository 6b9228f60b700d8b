import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attempted, skipRest, stopped, takeable, taken, type WebhookProgress } from './rules.ts'

const fresh = (waiting: number, canary: boolean): WebhookProgress => ({
  webhookId: 'w',
  phase: canary ? 'CANARY' : 'OPEN',
  stopReason: null,
  streakKind: null,
  streak: 0,
  waiting,
  outstanding: 0,
})

const KINDS = ['HTTP_5XX', 'TIMEOUT', null] as const

type Event = { take: number; replayable: number } | { arrived: boolean; kind: (typeof KINDS)[number] }

/** A step of a webhook: deliveries are selected, or a replay is attempted. */
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ take: fc.nat(30), replayable: fc.nat(30) }),
  fc.record({ arrived: fc.boolean(), kind: fc.constantFrom(...KINDS) }),
)

interface Ledger {
  progress: WebhookProgress
  replayed: number
  skipped: number
  attempts: { arrived: boolean; kind: (typeof KINDS)[number] }[]
}

function play(total: number, canary: boolean, stopAfterFailures: number, window: number, events: Event[]): Ledger[] {
  const states: Ledger[] = [{ progress: fresh(total, canary), replayed: 0, skipped: 0, attempts: [] }]
  for (const now of events) {
    const before = states.at(-1)!
    if ('take' in now) {
      const count = Math.min(now.take, takeable(before.progress, window))
      const replayed = Math.min(count, now.replayable)
      states.push({
        ...before,
        progress: taken(before.progress, replayed, count - replayed),
        replayed: before.replayed + replayed,
        skipped: before.skipped + count - replayed,
      })
    } else if (before.progress.outstanding > 0) {
      const progress = attempted(before.progress, now, { stopAfterFailures })
      states.push({ ...before, progress, attempts: [...before.attempts, now] })
    }
  }
  return states
}

const runs = fc.record({
  total: fc.nat(100),
  canary: fc.boolean(),
  stopAfterFailures: fc.nat(5),
  window: fc.integer({ min: 1, max: 20 }),
  events: fc.array(event, { maxLength: 60 }),
})

describe('a webhook of a bulk replay', () => {
  test('every delivery is replayed, skipped or waiting, and the window is kept', () => {
    fc.assert(
      fc.property(runs, ({ total, canary, stopAfterFailures, window, events }) => {
        for (const { progress, replayed, skipped } of play(total, canary, stopAfterFailures, window, events)) {
          const rest = skipRest(progress)
          expect(replayed + skipped + rest.skipped + rest.progress.waiting).toBe(total)
          expect(progress.outstanding).toBeLessThanOrEqual(window)
          expect(progress.outstanding).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })

  test('with a canary, no other delivery is replayed before it has arrived, or after it has failed', () => {
    fc.assert(
      fc.property(runs, ({ total, stopAfterFailures, window, events }) => {
        for (const { progress, replayed, attempts } of play(total, true, stopAfterFailures, window, events)) {
          if (attempts.length === 0) expect(replayed).toBeLessThanOrEqual(1)
          if (attempts[0]?.arrived === false) {
            expect(replayed).toBe(1)
            expect(progress).toMatchObject({ phase: 'STOPPED', stopReason: 'CANARY_FAILED' })
          }
        }
      }),
    )
  })

  test('it stops exactly when the number of consecutive failures of one kind reaches the limit', () => {
    fc.assert(
      fc.property(runs, ({ total, stopAfterFailures, window, events }) => {
        let hasStopped = false
        for (const { progress, attempts } of play(total, false, stopAfterFailures, window, events)) {
          hasStopped ||= stopAfterFailures > 0 && trailing(attempts) >= stopAfterFailures
          expect(progress.phase).toBe(hasStopped ? 'STOPPED' : 'OPEN')
          if (hasStopped) expect(takeable(progress, window)).toBe(0)
        }
      }),
    )
  })

  test('it keeps the first reason for which it was stopped', () => {
    const once = stopped(fresh(5, false), 'WEBHOOK_DISABLED')
    expect(stopped(once, 'STOPPED')).toBe(once)
    expect(skipRest(once)).toEqual({ skipped: 5, progress: { ...once, waiting: 0 } })
  })
})

/** Consecutive failures of one kind at the end. */
function trailing(attempts: Ledger['attempts']): number {
  const last = attempts.at(-1)
  if (!last || last.arrived) return 0
  const before = attempts.findLastIndex(({ arrived, kind }) => arrived || kind !== last.kind)
  return attempts.length - 1 - before
}
