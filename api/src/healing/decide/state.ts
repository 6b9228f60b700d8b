/**
 * The types of the decisions. Everything here is data. Times are milliseconds since the epoch, durations are
 * milliseconds.
 */

export type HealState =
  | 'HEALTHY'
  | 'STARTING'
  | 'UNHEALTHY'
  | 'HEALING'
  | 'BACKING_OFF'
  | 'FLAPPING'
  | 'GIVEN_UP'
  | 'MAINTENANCE'
  | 'MISSING'

/** Why a target is restarted. */
export type Trigger = 'docker-health' | 'probe' | 'exited' | 'oom-killed' | 'engine-restart' | 'manual'

/** The verdict of one check on a target. */
export type Verdict =
  /** `doubt`: why the health URL could not be requested, so that only Docker's view is known. */
  | { kind: 'well'; doubt?: string }
  | { kind: 'starting'; reason: string }
  /**
   * `certain`: Docker has decided the state of the container (its health check has its own retries, or the process has
   * ended). Otherwise the failure threshold applies.
   */
  | { kind: 'unwell'; trigger: Trigger; reason: string; certain: boolean }
  /** The state is intended: a user stopped or paused the container, or it ended with exit code 0. */
  | { kind: 'left-alone'; reason: string }
  | { kind: 'missing' }

/** An attempt in progress: the restart is being made, or its effect is being verified. */
export interface Healing {
  attemptId: string
  /**
   * `restarting`: Docker is about to be called, or has not answered yet. `verifying`: Docker has restarted the
   * container, which now has to become healthy.
   */
  phase: 'restarting' | 'verifying'
  /** When the phase times out. */
  deadline: number
  /** Why Docker could not restart the container. The next check ends the attempt with this error. */
  error: string | null
}

/** Everything that is stored about a target between two checks. */
export interface TargetState {
  state: HealState
  /** Why the target is in this state, in words. While it is healthy: why its health URL is not requested, or null. */
  reason: string | null
  consecutiveFailures: number
  /** Whether the target was found unwell beyond the failure threshold, and has not been healthy since. */
  isDown: boolean
  /** Since when the target has been healthy without a break; null while it is not healthy. */
  wellSince: number | null
  /** Times of the automatic restarts in the current window, ascending. */
  restarts: readonly number[]
  /** Number of restarts since the target was last stable. It is the exponent of the back-off. */
  streak: number
  /** The target is not restarted automatically before this time. */
  nextActionAt: number | null
  /** Times within the flap window at which the target went from healthy to down, ascending. */
  falls: readonly number[]
  maintenanceUntil: number | null
  healing: Healing | null
  /** A successful attempt, after which the target gets one more check at `dueAt`. */
  followUp: { attemptId: string; dueAt: number } | null
  /** Why a restart was held back. This is recorded once per reason, until the target is healthy again. */
  suppressed: string | null
  /** Set while the target is GIVEN_UP: the restarts that did not help, and when it is announced again. */
  givenUp: { restarts: number; remindAt: number } | null
}

export const NEW_TARGET: TargetState = {
  state: 'STARTING',
  reason: 'not checked yet',
  consecutiveFailures: 0,
  isDown: false,
  wellSince: null,
  restarts: [],
  streak: 0,
  nextActionAt: null,
  falls: [],
  maintenanceUntil: null,
  healing: null,
  followUp: null,
  suppressed: null,
  givenUp: null,
}

export interface Policy {
  /** `monitor`: targets are checked, but never restarted automatically. */
  mode: 'heal' | 'monitor'
  /** Number of failed probes in a row after which a target counts as down. */
  failureThreshold: number
  /** For this long after its start, a container may fail probes without being judged. */
  startPeriodMs: number
  /** A container without a health check and a health URL counts as healthy when it has run for this long. */
  settleMs: number
  /** The back-off after the first restart of a streak. It doubles with each further restart. */
  backoffMs: number
  backoffMaxMs: number
  /** Maximum number of automatic restarts within `windowMs`. If the target is then still down, it is given up. */
  maxRestarts: number
  windowMs: number
  /** While a target that was given up stays down, it is announced again after this time. */
  remindMs: number
  /** A target that goes down this often within `flapWindowMs` is FLAPPING. */
  flapThreshold: number
  flapWindowMs: number
  /**
   * A target that has been healthy for this long without a break is stable. This ends its streak, GIVEN_UP and
   * FLAPPING.
   */
  stableMs: number
  /** How long Docker may take for a restart, including the time in which the container stops. */
  restartMs: number
  /** How long a target has to become healthy after a restart. */
  verifyMs: number
  /** The target gets one more check this long after a successful attempt. */
  followUpMs: number
}

/** How an attempt ended. */
export interface AttemptEnd {
  attemptId: string
  outcome: 'SUCCEEDED' | 'FAILED'
  message: string
}

/** Whether a healed target was still healthy at the check that follows an attempt. */
export interface FollowUpResult {
  attemptId: string
  stillHealthy: boolean
}

export type Announcement = { kind: 'flapping'; falls: number } | { kind: 'given-up'; restarts: number }

/** Milliseconds between the n-th restart of a streak (from 1) and the next. They double each time, up to a maximum. */
export function backoffAfter(streak: number, { backoffMs, backoffMaxMs }: Policy): number {
  return Math.min(backoffMaxMs, backoffMs * 2 ** Math.min(Math.max(streak, 1) - 1, 30))
}
