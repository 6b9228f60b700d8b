/** The vocabulary of the decision core. Everything here is data: times are milliseconds since the epoch, spans milliseconds. */

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

/** The cause of a target's failure according to its history. */
export type Trigger = 'docker-health' | 'probe' | 'exited' | 'oom-killed' | 'engine-restart' | 'manual'

/** The finding of one check of a target. */
export type Verdict =
  | { kind: 'well' }
  | { kind: 'starting'; reason: string }
  /**
   * `certain`: Docker has already judged it (its health check has retries of its own, or the process has ended);
   * otherwise the failure threshold applies.
   */
  | { kind: 'unwell'; trigger: Trigger; reason: string; certain: boolean }
  /** A person wants it like this: stopped by hand, paused, or finished with exit code 0. */
  | { kind: 'left-alone'; reason: string }
  | { kind: 'missing' }

/** A restart that is in progress, or whose result is awaited. */
export interface Healing {
  attemptId: string
  /**
   * `restarting`: Docker has been or is about to be called. `verifying`: Docker has restarted it, and the target has to
   * become well.
   */
  phase: 'restarting' | 'verifying'
  /** When the phase times out. */
  deadline: number
  /** The reason why Docker could not restart it. The next check ends the attempt with it. */
  error: string | null
}

/** Everything that is stored about a target between two checks. */
export interface TargetState {
  state: HealState
  /** The reason for its state, in words; null while healthy. */
  reason: string | null
  consecutiveFailures: number
  /** It was found unwell, beyond the failure threshold, and has not been well since. */
  isDown: boolean
  /** Since when it has been well without a break; null while it is not. */
  wellSince: number | null
  /** Automatic restarts in the current window, ascending. */
  restarts: readonly number[]
  /** Restarts since it was last stable: the exponent of the back-off. */
  streak: number
  /** No automatic restart before this time. */
  nextActionAt: number | null
  /** When it went from well to down within the flap window, ascending. */
  falls: readonly number[]
  maintenanceUntil: number | null
  healing: Healing | null
  /** A successful attempt whose target gets one more check. */
  followUp: { attemptId: string; dueAt: number } | null
  /** The reason for which a restart was held back and recorded. Each reason is recorded once for each fall. */
  suppressed: string | null
}

export const NEW_TARGET: TargetState = {
  state: 'STARTING',
  reason: 'not looked at yet',
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
}

export interface Policy {
  /** Monitor-only: everything except the restarts. */
  mode: 'heal' | 'monitor'
  /** Failed probes in a row before a target counts as down. */
  failureThreshold: number
  /** After its start a container may fail probes for this long, and they do not count. */
  startPeriodMs: number
  /** A container without health check and URL counts as well once it has run for this long. */
  settleMs: number
  /** Wait after the first restart of a streak; it doubles with each further one. */
  backoffMs: number
  backoffMaxMs: number
  /** Automatic restarts within `windowMs` before the target is given up. */
  maxRestarts: number
  windowMs: number
  /** Falls within `flapWindowMs` that make it FLAPPING. */
  flapThreshold: number
  flapWindowMs: number
  /** A target that was well for this long without a break is stable: its streak, GIVEN_UP and FLAPPING end. */
  stableMs: number
  /** The time limit of Docker for a restart, including the time that the container takes to stop. */
  restartMs: number
  /** After the restart a target has this long to become well. */
  verifyMs: number
  /** How long after a success the target gets one more check. */
  followUpMs: number
}

/** How an attempt ended. */
export interface AttemptEnd {
  attemptId: string
  outcome: 'SUCCEEDED' | 'FAILED'
  message: string
}

/** Whether a target that was healed was still well at its next check. */
export interface FollowUpResult {
  attemptId: string
  stillHealthy: boolean
}

export type Announcement = { kind: 'flapping'; falls: number } | { kind: 'given-up'; restarts: number }

/** Milliseconds from the n-th restart of a streak (from 1) to the next: exponential, with a cap. */
export function backoffAfter(streak: number, { backoffMs, backoffMaxMs }: Policy): number {
  return Math.min(backoffMaxMs, backoffMs * 2 ** Math.min(Math.max(streak, 1) - 1, 30))
}
