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

/** The cause of a target's failure, as history shows it. */
export type Trigger = 'docker-health' | 'probe' | 'exited' | 'oom-killed' | 'engine-restart' | 'manual'

/** The finding of one look at a target. */
export type Verdict =
  | { kind: 'well' }
  | { kind: 'starting'; reason: string }
  /** `certain`: Docker has already judged it (its health check has retries of its own, or the process is gone); else it takes the failure threshold. */
  | { kind: 'unwell'; trigger: Trigger; reason: string; certain: boolean }
  /** Somebody means it to be as it is: stopped by hand, paused, finished with exit code 0. */
  | { kind: 'left-alone'; reason: string }
  | { kind: 'missing' }

/** A restart that is under way, or whose result is awaited. */
export interface Healing {
  attemptId: string
  /** `restarting`: Docker has been asked, or is about to be. `verifying`: it has done it, and the target is to become well. */
  phase: 'restarting' | 'verifying'
  /** When the phase is given up. */
  deadline: number
  /** Why Docker could not do it; the next look ends the attempt with it. */
  error: string | null
}

/** All that is remembered of a target between two looks. */
export interface TargetState {
  state: HealState
  /** Why it is in this state, in words; null while healthy. */
  reason: string | null
  consecutiveFailures: number
  /** It has been found unwell, past the failure threshold, and not been well since. */
  isDown: boolean
  /** Since when it is well without a break; null while it is not. */
  wellSince: number | null
  /** Automatic restarts of the present window, ascending. */
  restarts: readonly number[]
  /** Restarts since it was last stable: the exponent of the back-off. */
  streak: number
  /** No automatic restart before this. */
  nextActionAt: number | null
  /** When it went from well to down, within the flap window, ascending. */
  falls: readonly number[]
  maintenanceUntil: number | null
  healing: Healing | null
  /** A successful attempt whose target is looked at once more. */
  followUp: { attemptId: string; dueAt: number } | null
  /** The reason for which a restart was held back and recorded; one record for each reason of a fall. */
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
  /** Monitor: everything but the restarts. */
  mode: 'heal' | 'monitor'
  /** Failed probes in a row before a target counts as down. */
  failureThreshold: number
  /** After its start a container may fail probes without their being counted. */
  startPeriodMs: number
  /** A container that nothing can be asked about counts as well once it has run for this long. */
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
  /** Well for this long without a break, a target is stable: its streak ends, and with it GIVEN_UP and FLAPPING. */
  stableMs: number
  /** Docker has this long for a restart, the time for the container to stop included. */
  restartMs: number
  /** After the restart a target has this long to become well. */
  verifyMs: number
  /** How long after a success the target is looked at once more. */
  followUpMs: number
}

/** How an attempt ended. */
export interface AttemptEnd {
  attemptId: string
  outcome: 'SUCCEEDED' | 'FAILED'
  message: string
}

/** Whether a target that was healed was still well when it was looked at again. */
export interface FollowUpResult {
  attemptId: string
  stillHealthy: boolean
}

export type Announcement = { kind: 'flapping'; falls: number } | { kind: 'given-up'; restarts: number }

/** Milliseconds from the n-th restart of a streak (from 1) to the next: exponential, with a cap. */
export function backoffAfter(streak: number, { backoffMs, backoffMaxMs }: Policy): number {
  return Math.min(backoffMaxMs, backoffMs * 2 ** Math.min(Math.max(streak, 1) - 1, 30))
}
