import type { CircuitState } from '../../../../prisma/generated/client/enums.ts'

/**
 * The circuit of one webhook. CLOSED: deliveries are sent. OPEN: they wait until `probeAt`. HALF_OPEN: one of them is
 * in flight as a probe, which counts as lost from `probeAt` on. These functions only decide; circuit-store.ts stores.
 */
export interface CircuitView {
  circuit: CircuitState
  /** Failed attempts since the last success. */
  consecutiveFailures: number
  /** The first failure since the last success. */
  failingSince: Date | null
  /** The 24-hour days since `failingSince` on which there was a failure. */
  failingDays: number
  /** The last failure since the last success. */
  lastFailureAt: Date | null
  probeAt: Date | null
  /** How many times in a row it opened. Each time doubles the wait for a probe. */
  openings: number
}

export const OPEN_AFTER_FAILURES = 10
export const FIRST_PROBE_MS = 30_000
export const MAX_PROBE_MS = 15 * 60_000
const DAY_MS = 86_400_000
export const LASTING_FAILURE_DAYS = 5

export const HEALTHY: CircuitView = Object.freeze({
  circuit: 'CLOSED',
  consecutiveFailures: 0,
  failingSince: null,
  failingDays: 0,
  lastFailureAt: null,
  probeAt: null,
  openings: 0,
})

/** Any success, of a probe or not, shows that the receiver is back. */
export function afterSuccess(_view: CircuitView): CircuitView {
  return HEALTHY
}

/**
 * One more failed attempt. `isProbe`: it was the probe of a half-open circuit; attempts that were in flight before the circuit opened
 * must not count as probes, or a burst of late timeouts would double the wait several times. `breaker` false (the webhook's
 * `circuitBreaker`): the failures are counted, but nothing opens.
 */
export function afterFailure(
  view: CircuitView,
  now: Date,
  { breaker, isProbe }: { breaker: boolean; isProbe: boolean },
): CircuitView {
  const failing = oneMoreFailure(view, now)
  if (!breaker) return { ...HEALTHY, ...failing }
  const opens = view.circuit === 'CLOSED' ? failing.consecutiveFailures >= OPEN_AFTER_FAILURES : isProbe
  if (!opens) return { ...view, ...failing }
  const openings = view.openings + 1
  return { ...failing, circuit: 'OPEN', openings, probeAt: new Date(now.getTime() + probeDelayMs(openings)) }
}

function oneMoreFailure(view: CircuitView, now: Date) {
  const failingSince = view.failingSince ?? now
  const dayOf = (at: Date) => Math.floor((at.getTime() - failingSince.getTime()) / DAY_MS)
  const isNewDay = view.lastFailureAt === null || dayOf(now) > dayOf(view.lastFailureAt)
  return {
    consecutiveFailures: view.consecutiveFailures + 1,
    failingSince,
    failingDays: view.failingDays + (isNewDay ? 1 : 0),
    lastFailureAt: now,
  }
}

/** Milliseconds from the opening (the first is 1) to the probe: 30 s, doubling to 15 min. */
export function probeDelayMs(openings: number): number {
  // The exponent is bounded first: a circuit that opened a thousand times must not reach Infinity.
  return Math.min(FIRST_PROBE_MS * 2 ** Math.min(Math.max(openings, 1) - 1, 10), MAX_PROBE_MS)
}

/** Whether one delivery may be sent as a probe: the wait is over, or the last probe was lost because its worker died. */
export function mayProbe(view: CircuitView, now: Date): boolean {
  return view.circuit !== 'CLOSED' && (view.probeAt === null || view.probeAt <= now)
}

/** A probe is sent; it counts as lost after `leaseMs`, which has to be longer than the request can take. */
export function startProbe(view: CircuitView, now: Date, leaseMs: number): CircuitView {
  return { ...view, circuit: 'HALF_OPEN', probeAt: new Date(now.getTime() + leaseMs) }
}

/**
 * The webhook failed for 5 days without a success and is to be disabled. Time alone is no evidence, because nothing may
 * have been sent, or AetherLink may have been off: a failure on each of five days is required as well.
 */
export function isLasting(view: CircuitView, now: Date): boolean {
  return (
    view.failingSince !== null &&
    view.failingDays >= LASTING_FAILURE_DAYS &&
    now.getTime() - view.failingSince.getTime() >= LASTING_FAILURE_DAYS * DAY_MS
  )
}
