import type { CircuitState } from '../../../../prisma/generated/client/enums.ts'

/**
 * The circuit of one webhook. CLOSED: deliveries go out. OPEN: they wait, until `probeAt`. HALF_OPEN: one of them is out
 * as a probe, and counts as lost from `probeAt` on. These functions decide; who calls them stores.
 */
export interface CircuitView {
  circuit: CircuitState
  /** Failed attempts since the last success. */
  consecutiveFailures: number
  /** The first failure since the last success. */
  failingSince: Date | null
  probeAt: Date | null
  /** How many times in a row it opened: what the wait doubles with. */
  openings: number
}

export const OPEN_AFTER_FAILURES = 10
export const FIRST_PROBE_MS = 30_000
export const MAX_PROBE_MS = 15 * 60_000
export const LASTING_FAILURE_MS = 5 * 86_400_000

export const HEALTHY: CircuitView = Object.freeze({
  circuit: 'CLOSED',
  consecutiveFailures: 0,
  failingSince: null,
  probeAt: null,
  openings: 0,
})

/** Any success, probe or not, shows that the receiver is back. */
export function afterSuccess(_view: CircuitView): CircuitView {
  return HEALTHY
}

/**
 * One more failed attempt. `isProbe`: it was the probe of a half-open circuit; what was under way before the circuit opened
 * must not count as one, or a burst of late timeouts would double the wait several times. `breaker` false (the webhook's
 * `circuitBreaker`): the failures are counted, but nothing opens.
 */
export function afterFailure(
  view: CircuitView,
  now: Date,
  { breaker, isProbe }: { breaker: boolean; isProbe: boolean },
): CircuitView {
  const consecutiveFailures = view.consecutiveFailures + 1
  const failing = { consecutiveFailures, failingSince: view.failingSince ?? now }
  if (!breaker) return { ...HEALTHY, ...failing }
  const opens = view.circuit === 'CLOSED' ? consecutiveFailures >= OPEN_AFTER_FAILURES : isProbe
  if (!opens) return { ...view, ...failing }
  const openings = view.openings + 1
  return { ...failing, circuit: 'OPEN', openings, probeAt: new Date(now.getTime() + probeDelayMs(openings)) }
}

/** Milliseconds from the opening (the first is 1) to the probe: 30 s, doubling to 15 min. */
export function probeDelayMs(openings: number): number {
  // The exponent is bounded before it is used: a circuit that opened a thousand times must not reach Infinity.
  return Math.min(FIRST_PROBE_MS * 2 ** Math.min(Math.max(openings, 1) - 1, 10), MAX_PROBE_MS)
}

/** Whether one delivery may go out as a probe: the wait is over, or the last probe was lost (its worker died). */
export function mayProbe(view: CircuitView, now: Date): boolean {
  return view.circuit !== 'CLOSED' && (view.probeAt === null || view.probeAt <= now)
}

/** A probe goes out; it counts as lost after `leaseMs`, which has to be longer than the request can take. */
export function startProbe(view: CircuitView, now: Date, leaseMs: number): CircuitView {
  return { ...view, circuit: 'HALF_OPEN', probeAt: new Date(now.getTime() + leaseMs) }
}

/** Nothing but failure for 5 days: the webhook is to be disabled. */
export function isLasting(view: CircuitView, now: Date): boolean {
  return view.failingSince !== null && now.getTime() - view.failingSince.getTime() >= LASTING_FAILURE_MS
}
