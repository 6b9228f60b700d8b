import type { CircuitState } from '../../../../prisma/generated/client/enums.ts'

/**
 * The circuit of one webhook. CLOSED: deliveries are sent. OPEN: they wait until `probeAt`. HALF_OPEN: one delivery is
 * in flight as a probe; if there is no result by `probeAt`, the probe counts as lost. The functions here only decide;
 * circuit-store.ts stores the result.
 */
export interface CircuitView {
  circuit: CircuitState
  /** Number of failed attempts since the last success. */
  consecutiveFailures: number
  /** Time of the first failure since the last success. */
  failingSince: Date | null
  /** Number of days on which an attempt failed. A day is a period of 24 hours, counted from `failingSince`. */
  failingDays: number
  /** Time of the last failure since the last success. */
  lastFailureAt: Date | null
  probeAt: Date | null
  /**
   * How many times the circuit has opened without closing in between. Each time doubles the wait for the next probe.
   */
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

/** Closes the circuit. Any success shows that the receiver is back, not only that of a probe. */
export function afterSuccess(_view: CircuitView): CircuitView {
  return HEALTHY
}

/**
 * The circuit after one more failed attempt. If the circuit is not closed, only the failure of its probe (`isProbe`)
 * opens it again. Attempts that were in flight when the circuit opened must not do that, because a burst of late
 * timeouts would double the wait several times. If `breaker` is false (the webhook's `circuitBreaker`), failures are
 * counted but the circuit never opens.
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

/**
 * How many milliseconds after the circuit has opened the probe is sent: 30 s after the first opening, then twice as
 * long each time, up to 15 min.
 */
export function probeDelayMs(openings: number): number {
  // The exponent is limited first; otherwise the result is Infinity after a thousand openings.
  return Math.min(FIRST_PROBE_MS * 2 ** Math.min(Math.max(openings, 1) - 1, 10), MAX_PROBE_MS)
}

/** Whether a probe may be sent now: the wait is over, or the last probe is lost because its worker died. */
export function mayProbe(view: CircuitView, now: Date): boolean {
  return view.circuit !== 'CLOSED' && (view.probeAt === null || view.probeAt <= now)
}

/**
 * The circuit while a probe is in flight. The probe counts as lost after `leaseMs`, which must be longer than a request
 * can take.
 */
export function startProbe(view: CircuitView, now: Date, leaseMs: number): CircuitView {
  return { ...view, circuit: 'HALF_OPEN', probeAt: new Date(now.getTime() + leaseMs) }
}

/**
 * Whether the webhook has failed for 5 days without a success, so that it must be disabled. The time since the first
 * failure is not enough, because AetherLink may have been off or may have had nothing to send. So a failure on each of
 * the 5 days is required too.
 */
export function isLasting(view: CircuitView, now: Date): boolean {
  return (
    view.failingSince !== null &&
    view.failingDays >= LASTING_FAILURE_DAYS &&
    now.getTime() - view.failingSince.getTime() >= LASTING_FAILURE_DAYS * DAY_MS
  )
}
