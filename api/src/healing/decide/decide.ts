import { type Advanced, stickyReason } from './advance.ts'
import type { Hold } from './fleet.ts'
import { type Announcement, backoffAfter, type Policy, type TargetState, type Trigger } from './state.ts'

/** The decision about a target after a check. */
export interface Decision {
  state: TargetState
  /** The restart to make. `state` already contains its attempt. */
  restart: { attemptId: string; trigger: Trigger; reason: string; attempt: number } | null
  /** A restart that is needed but held back, if it has to be recorded. Each reason is recorded once. */
  suppressed: { trigger: Trigger; message: string } | null
  announcements: readonly Announcement[]
}

export interface Circumstances {
  now: number
  policy: Policy
  hold: Hold | undefined
  /** Whether a user requested a restart. Such a restart is held back only if the target is the healer itself. */
  isManual: boolean
  /** The id for an attempt, if there will be one. */
  attemptId: string
}

/**
 * Decides what to do about a target. decide.test.ts proves the invariants of automatic restarts: none within the
 * back-off of the previous one, at most `maxRestarts` in any window, none in maintenance, none of the healer itself.
 * Pure.
 */
export function decide(advanced: Advanced, circumstances: Circumstances): Decision {
  const { now, policy, hold, isManual, attemptId } = circumstances
  const { state, wants, announcements } = advanced
  const nothing: Decision = { state, restart: null, suppressed: null, announcements }
  if (state.healing || advanced.verdict.kind === 'missing') return nothing
  if (isManual && hold?.kind !== 'self') return manual(advanced, circumstances)
  if (!wants) return nothing
  const { trigger, reason } = wants
  if (hold) {
    const message = `not restarted: ${hold.reason} (${reason})`
    const held = { ...state, reason: `${reason}; ${hold.reason}`, suppressed: hold.kind }
    // A restart that waits for a dependency will still be made, so it is not recorded as held back.
    const isRecorded = hold.kind === 'dependency' || state.suppressed === hold.kind
    return { ...nothing, state: held, suppressed: isRecorded ? null : { trigger, message } }
  }
  if (state.restarts.length >= policy.maxRestarts) {
    const restarts = state.restarts.length
    const given = { state: 'GIVEN_UP' as const, givenUp: { restarts, remindAt: now + policy.remindMs } }
    const givenUp: TargetState = { ...state, ...given, reason: stickyReason(given, reason) }
    return { ...nothing, state: givenUp, announcements: [...announcements, { kind: 'given-up', restarts }] }
  }
  if (state.nextActionAt !== null && now < state.nextActionAt)
    return { ...nothing, state: { ...state, state: 'BACKING_OFF' } }
  const streak = state.streak + 1
  return {
    ...nothing,
    state: {
      ...healingOf(state, attemptId, now, policy),
      reason,
      restarts: [...state.restarts, now],
      streak,
      nextActionAt: now + backoffAfter(streak, policy),
    },
    restart: { attemptId, trigger, reason, attempt: streak },
  }
}

/** A restart that a user requested does not count against the maximum, but it starts the back-off. */
function manual({ state, announcements }: Advanced, { now, policy, attemptId }: Circumstances): Decision {
  const nextActionAt = Math.max(state.nextActionAt ?? 0, now + backoffAfter(1, policy))
  return {
    state: { ...healingOf(state, attemptId, now, policy), nextActionAt, reason: 'restarted by a user' },
    restart: { attemptId, trigger: 'manual', reason: 'requested by a user', attempt: 1 },
    suppressed: null,
    announcements,
  }
}

const healingOf = (state: TargetState, attemptId: string, now: number, policy: Policy): TargetState => ({
  ...state,
  state: 'HEALING',
  healing: { attemptId, phase: 'restarting', deadline: now + policy.restartMs, error: null },
  followUp: null,
  suppressed: null,
})

/** The state of a target after an operator released it. Everything is reset except the maintenance. */
export function released(state: TargetState): TargetState {
  return {
    ...state,
    state: 'UNHEALTHY',
    reason: 'released by a user',
    consecutiveFailures: 0,
    isDown: false,
    restarts: [],
    streak: 0,
    nextActionAt: null,
    falls: [],
    suppressed: null,
    givenUp: null,
  }
}
