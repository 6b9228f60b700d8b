import type { CircuitState } from '../../../../prisma/generated/client/enums.ts'

/** Attempts of one webhook within a time bucket. */
export interface AttemptCounts {
  succeeded: number
  /** Refused because of their content: the receiver is up, but did not accept this request. */
  refused: number
  /** Every other failure. */
  failed: number
}

export interface AttemptMinute extends AttemptCounts {
  /** Minutes since 1970. */
  minute: number
}

/** The state of a receiver at an instant. */
export interface ReceiverEvidence {
  circuit: CircuitState
  /** The first failure since the last success; null when the last attempt succeeded, or nothing was sent. */
  failingSince: Date | null
  consecutiveFailures: number
  /** The minutes of the last hour that had attempts, oldest first. */
  minutes: readonly AttemptMinute[]
  lastSuccessAt: Date | null
  /** The newest failure that is not a refusal of content. */
  lastFailureAt: Date | null
}

/**
 * - UP: it takes requests now.
 * - UNSTEADY: it takes some and fails others, or keeps going down and coming back.
 * - DOWN: nothing arrives.
 * - IDLE: its last attempt succeeded, and there was none within the last 10 minutes.
 * - SILENT: its last attempt failed, and there was none within the last 10 minutes.
 */
export const RECEIVER_STATES = ['UP', 'UNSTEADY', 'DOWN', 'IDLE', 'SILENT'] as const
export type ReceiverState = (typeof RECEIVER_STATES)[number]

/** Attempts of the last this many minutes show whether the receiver is up. */
export const RECENT_MINUTES = 10
/** Minutes without a failure after which a receiver is back. */
const STEADY_MINUTES = 2
const MIN_SUCCESSES = 3
/** Maximum share of failures at which a receiver counts as up. */
const TOLERATED_FAILURES = 0.1
/** A receiver that goes down this many times within the hour counts as unsteady, even if it looks well now. */
export const FLAPPING_TURNS = 2
const MINUTE_MS = 60_000

export function receiverState(evidence: ReceiverEvidence, now: number): ReceiverState {
  if (evidence.circuit !== 'CLOSED') return 'DOWN'
  const recent = sumOf(since(evidence.minutes, now, RECENT_MINUTES))
  const { succeeded, failed } = recent
  if (succeeded + failed === 0) return evidence.failingSince === null || recent.refused > 0 ? 'IDLE' : 'SILENT'
  if (succeeded === 0) return 'DOWN'
  const latest = sumOf(since(evidence.minutes, now, STEADY_MINUTES))
  if (latest.succeeded === 0 && latest.failed >= MIN_SUCCESSES) return 'DOWN'
  if (turnsDown(evidence.minutes) >= FLAPPING_TURNS) return 'UNSTEADY'
  const isSteady = latest.failed === 0 && latest.succeeded >= MIN_SUCCESSES
  return isSteady || failed / (succeeded + failed) <= TOLERATED_FAILURES ? 'UP' : 'UNSTEADY'
}

/** How often a receiver went from a minute of mostly successes to a minute of mostly failures. */
export function turnsDown(minutes: readonly AttemptMinute[]): number {
  let turns = 0
  let wasUp: boolean | null = null
  for (const { succeeded, failed } of minutes) {
    if (succeeded + failed === 0) continue
    const isUp = succeeded >= failed
    if (wasUp === true && !isUp) turns++
    wasUp = isUp
  }
  return turns
}

/** Results of the webhook's other attempts around a failure. They show whether this delivery failed alone. */
export type Circumstance = 'ALONE' | 'OUTAGE' | 'UNCLEAR'

const MIN_OTHERS = 4

/** `around`: the attempts around the failure, including itself: see `aroundOf`. */
export function circumstance({ succeeded, failed }: AttemptCounts): Circumstance {
  const share = failed / Math.max(1, succeeded + failed)
  if (succeeded >= MIN_OTHERS && share <= 0.25) return 'ALONE'
  return failed >= MIN_OTHERS && share >= 0.5 ? 'OUTAGE' : 'UNCLEAR'
}

/**
 * The attempts around a failure: its own minute and the two beside it while single minutes are known, else the ten
 * minutes that contain it. Ten minutes mix a short outage with the time after it.
 */
export function aroundOf(
  minutes: readonly AttemptMinute[],
  { failedAt, firstMinute, tenMinutes }: { failedAt: Date; firstMinute: number; tenMinutes: AttemptCounts | undefined },
): AttemptCounts {
  const at = Math.floor(failedAt.getTime() / MINUTE_MS)
  if (at <= firstMinute) return tenMinutes ?? NO_ATTEMPTS
  return sumOf(minutes.filter(({ minute }) => Math.abs(minute - at) <= 1))
}

export const NO_ATTEMPTS: AttemptCounts = Object.freeze({ succeeded: 0, refused: 0, failed: 0 })

export function sumOf(counts: readonly AttemptCounts[]): AttemptCounts {
  const sum = { succeeded: 0, refused: 0, failed: 0 }
  for (const { succeeded, refused, failed } of counts) {
    sum.succeeded += succeeded
    sum.refused += refused
    sum.failed += failed
  }
  return sum
}

/** The last `count` minutes, including the present one. */
export function since(minutes: readonly AttemptMinute[], now: number, count: number): AttemptMinute[] {
  const first = Math.floor(now / MINUTE_MS) - count + 1
  return minutes.filter(({ minute }) => minute >= first)
}
