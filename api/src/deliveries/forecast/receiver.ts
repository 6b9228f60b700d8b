import type { CircuitState } from '../../../../prisma/generated/client/enums.ts'

/** Numbers of attempts of one webhook within a span of time. */
export interface AttemptCounts {
  succeeded: number
  /** The receiver refused the content of the request (failure class CONTENT), so it is up. */
  refused: number
  /** All other failures. */
  failed: number
}

export interface AttemptMinute extends AttemptCounts {
  /** Minutes since 1970. */
  minute: number
}

/** The evidence about a receiver at an instant. */
export interface ReceiverEvidence {
  circuit: CircuitState
  /** Time of the first failure since the last success. Null if the last attempt succeeded or nothing was sent. */
  failingSince: Date | null
  consecutiveFailures: number
  /** The minutes of the last hour that had attempts, oldest first. */
  minutes: readonly AttemptMinute[]
  lastSuccessAt: Date | null
  /** Time of the last failure, not counting refused content. */
  lastFailureAt: Date | null
}

/**
 * - UP: the receiver accepts requests.
 * - UNSTEADY: some requests succeed and some fail, or the receiver keeps going down and coming back.
 * - DOWN: no request succeeds.
 * - IDLE: the last attempt succeeded, and there was none within the last 10 minutes.
 * - SILENT: the last attempt failed, and there was none within the last 10 minutes.
 */
export const RECEIVER_STATES = ['UP', 'UNSTEADY', 'DOWN', 'IDLE', 'SILENT'] as const
export type ReceiverState = (typeof RECEIVER_STATES)[number]

/** Attempts of this many minutes decide whether a receiver is up. */
export const RECENT_MINUTES = 10
/** A receiver is up again after this many minutes without a failure. */
const STEADY_MINUTES = 2
const MIN_SUCCESSES = 3
/** A receiver is up if at most this share of its requests fails. */
const TOLERATED_FAILURES = 0.1
/** A receiver that went down at least this many times within the last hour is unsteady, even if it is up now. */
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

/** How many times a minute with mostly successes was followed by a minute with mostly failures. */
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

/**
 * What the attempts around a failure show. ALONE: other deliveries succeeded. OUTAGE: others failed too. UNCLEAR: there
 * were too few attempts.
 */
export type Circumstance = 'ALONE' | 'OUTAGE' | 'UNCLEAR'

const MIN_OTHERS = 4

/** `around` contains the attempts around the failure, including the failure itself: see `aroundOf`. */
export function circumstance({ succeeded, failed }: AttemptCounts): Circumstance {
  const share = failed / Math.max(1, succeeded + failed)
  if (succeeded >= MIN_OTHERS && share <= 0.25) return 'ALONE'
  return failed >= MIN_OTHERS && share >= 0.5 ? 'OUTAGE' : 'UNCLEAR'
}

/**
 * The attempts around a failure: those of its minute, of the minute before and of the minute after. If the failure is
 * too old for that, all attempts of the ten minutes that contain it, which is less precise, because a short outage and
 * the time after it are mixed.
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

/** The last `count` minutes, including the current one. */
export function since(minutes: readonly AttemptMinute[], now: number, count: number): AttemptMinute[] {
  const first = Math.floor(now / MINUTE_MS) - count + 1
  return minutes.filter(({ minute }) => minute >= first)
}
