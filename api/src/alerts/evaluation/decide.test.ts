import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Decision, decide, type OpenAlert } from './decide.ts'

const THRESHOLD = 3
const REPEAT_MS = 60_000

/** Changes between two evaluations of one rule and group. */
const step = fc.record({
  afterMs: fc.constantFrom(0, 15_000, 45_000, 90_000),
  matched: fc.integer({ min: 0, max: 5 }),
  silenceId: fc.constantFrom(null, null, 'maintenance', 'night'),
  acknowledge: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

interface Evaluated {
  step: Step
  now: number
  before: OpenAlert | null
  decision: Decision
  after: OpenAlert | null
}

/** Applies decisions in the same way as apply-changes.ts. */
function run(steps: readonly Step[]): Evaluated[] {
  let alert: OpenAlert | null = null
  let now = 0
  return steps.map((each) => {
    now += each.afterMs
    if (alert && each.acknowledge) alert = { ...alert, status: 'ACKNOWLEDGED' }
    const before: OpenAlert | null = alert
    const { matched, silenceId } = each
    const decision = decide({
      matched,
      threshold: THRESHOLD,
      repeatIntervalMs: REPEAT_MS,
      alert: before,
      silenceId,
      now,
    })
    alert = apply(before, decision, silenceId, now)
    return { step: each, now, before, decision, after: alert }
  })
}

function apply(before: OpenAlert | null, decision: Decision, silenceId: string | null, now: number): OpenAlert | null {
  if (decision.change === 'RESOLVED') return null
  const raised: OpenAlert = { status: 'FIRING', silenceId, lastNotifiedAt: null, nextNotifyAt: now }
  const alert = decision.change === 'RAISED' ? raised : before
  return (
    alert && {
      ...alert,
      silenceId,
      lastNotifiedAt: decision.notify ? now : alert.lastNotifiedAt,
      nextNotifyAt: decision.nextNotifyAt ?? alert.nextNotifyAt,
    }
  )
}

const forAll = (check: (evaluated: Evaluated, earlier: readonly Evaluated[]) => void) =>
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const all = run(steps)
      for (const [i, evaluated] of all.entries()) check(evaluated, all.slice(0, i))
    }),
    { numRuns: 1_000 },
  )

test('an alert is open exactly while the threshold is reached: raised once, resolved once', () =>
  forAll(({ step: { matched }, before, decision, after }) => {
    const reached = matched >= THRESHOLD
    expect(after !== null).toBe(reached)
    expect(decision.change === 'RAISED').toBe(reached && before === null)
    expect(decision.change === 'RESOLVED').toBe(!reached && before !== null)
  }))

test('a silence suppresses every notification, and counts those that were due', () =>
  forAll(({ step: { silenceId }, now, before, decision }) => {
    if (silenceId === null) return expect(decision.heldBack).toBe(false)
    expect(decision.notify).toBe(false)
    const isRepeatDue = before?.status === 'FIRING' && now >= before.nextNotifyAt
    const isDue = decision.change === 'RAISED' || decision.change === 'RESOLVED' || isRepeatDue
    expect(decision.heldBack).toBe(isDue)
  }))

test('a firing alert repeats only when its interval has passed or its silence has ended', () =>
  forAll(({ step: { matched, silenceId }, now, before, decision }) => {
    const keepsFiring = before?.status === 'FIRING' && matched >= THRESHOLD && silenceId === null
    const isDue = before !== null && (now >= before.nextNotifyAt || before.silenceId !== null)
    expect(decision.change === 'REPEATED').toBe(keepsFiring && isDue)
    if (decision.change === 'REPEATED') expect(decision.nextNotifyAt).toBe(now + REPEAT_MS)
  }))

test('receivers of a firing alert are notified of its end unless a silence suppresses that; others are not', () =>
  forAll(({ step: { silenceId }, decision }, earlier) => {
    if (decision.change !== 'RESOLVED') return
    const raisedAt = earlier.findLastIndex((each) => each.decision.change === 'RAISED')
    const heard = earlier.slice(raisedAt).some((each) => each.decision.notify)
    expect(decision.notify).toBe(heard && silenceId === null)
  }))

test('an outcome always names what happened', () =>
  forAll(({ decision: { outcome, change, notify }, after }) => {
    if (change === 'RESOLVED') expect(outcome).toBe('RESOLVED')
    else if (after === null) expect(outcome).toBe('BELOW_THRESHOLD')
    else if (after.silenceId !== null) expect(outcome).toBe('SILENCED')
    else expect(outcome).toBe(change === 'RAISED' ? 'RAISED' : change === 'REPEATED' ? 'REPEATED' : 'STILL_FIRING')
    if (notify) expect(change).not.toBeNull()
  }))
