import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  afterCall,
  type CallOutcome,
  circuitState,
  latencyP95,
  MAX_LATENCIES,
  type ProviderHealth,
  restriction,
  UNTRIED,
} from './circuit.ts'

const CIRCUIT = { failures: 2, cooldownSeconds: 30, maxCooldownSeconds: 600 }

const outcome: fc.Arbitrary<
  { waitMs: number } & ({ ok: true } | { ok: false; isProviders: boolean; retryAfterMs: number | null })
> = fc.oneof(
  fc.record({ waitMs: fc.nat(1_000_000), ok: fc.constant(true as const) }),
  fc.record({
    waitMs: fc.nat(1_000_000),
    ok: fc.constant(false as const),
    isProviders: fc.boolean(),
    retryAfterMs: fc.option(fc.nat(1_000_000)),
  }),
)

/** Calls one after the other, each made only when the circuit allows it. */
function walk(
  steps: readonly (typeof outcome extends fc.Arbitrary<infer S> ? S : never)[],
  check: (before: ProviderHealth, made: CallOutcome, after: ProviderHealth) => void,
) {
  let health = UNTRIED
  let now = 0
  for (const { waitMs, ...step } of steps) {
    now += waitMs
    const restricted = restriction(health, now)
    if (restricted !== null && restricted !== 'probe') continue
    const made: CallOutcome = step.ok
      ? { ok: true, latencyMs: 5, at: now }
      : { ...step, error: 'answered 500', at: now, isProbe: restricted === 'probe' }
    const after = afterCall(health, made, CIRCUIT)
    check(health, made, after)
    health = after
  }
}

test('every call is counted, and the counts always agree with the state', () => {
  fc.assert(
    fc.property(fc.array(outcome, { maxLength: 60 }), (steps) => {
      walk(steps, (before, made, after) => {
        expect(after.totalCalls).toBe(before.totalCalls + 1)
        expect(after.failedCalls).toBe(before.failedCalls + (made.ok ? 0 : 1))
        expect(after.cooldowns === 0).toBe(after.cooldownUntil === null)
        if (made.ok) expect(circuitState(after, made.at)).toBe('CLOSED')
        if (made.ok) expect(after.latencies.length).toBeLessThanOrEqual(MAX_LATENCIES)
      })
    }),
  )
})

test('a cooldown ends in the future, exceeds the maximum only for Retry-After, and doubles only with failed probes', () => {
  fc.assert(
    fc.property(fc.array(outcome, { maxLength: 60 }), (steps) => {
      walk(steps, (before, made, after) => {
        if (made.ok || after.cooldownUntil === null) return
        if (!made.isProviders) return expect(after.cooldownUntil).toBe(before.cooldownUntil)
        const asked = made.retryAfterMs ?? 0
        const cooldownMs = after.cooldownUntil - made.at
        expect(cooldownMs).toBeLessThanOrEqual(Math.max(CIRCUIT.maxCooldownSeconds * 1_000, asked))
        expect(cooldownMs).toBeGreaterThanOrEqual(asked)
        if (made.isProbe) expect(after.cooldowns).toBe(before.cooldowns + 1)
      })
    }),
  )
})

const failure = (at: number, more: Partial<Extract<CallOutcome, { ok: false }>> = {}): CallOutcome => ({
  ok: false,
  error: 'answered 500',
  at,
  isProbe: false,
  isProviders: true,
  retryAfterMs: null,
  ...more,
})

test('requests that fail together are one outage: they neither extend nor double the cooldown', () => {
  const circuit = { ...CIRCUIT, failures: 1 }
  const first = afterCall(UNTRIED, failure(1_000), circuit)
  expect(first.cooldownUntil).toBe(31_000)
  const together = [1_010, 1_020, 1_500].reduce((health, at) => afterCall(health, failure(at), circuit), first)
  expect(together).toMatchObject({ cooldownUntil: 31_000, cooldowns: 1, failedCalls: 4 })
})

test('the circuit opens at the failure threshold, or earlier for Retry-After', () => {
  const once = afterCall(UNTRIED, failure(0), CIRCUIT)
  expect(circuitState(once, 0)).toBe('CLOSED')
  expect(afterCall(once, failure(0), CIRCUIT).cooldownUntil).toBe(30_000)
  expect(afterCall(UNTRIED, failure(0, { retryAfterMs: 7_000 }), CIRCUIT).cooldownUntil).toBe(7_000)
})

test('the 95th percentile uses the nearest rank', () => {
  expect(latencyP95([])).toBeNull()
  expect(latencyP95([7])).toBe(7)
  expect(latencyP95(Array.from({ length: 100 }, (_, i) => i + 1))).toBe(95)
})
