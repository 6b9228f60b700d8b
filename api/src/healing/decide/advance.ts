import {
  type Announcement,
  type AttemptEnd,
  backoffAfter,
  type FollowUpResult,
  type Healing,
  type HealState,
  type Policy,
  type TargetState,
  type Trigger,
  type Verdict,
} from './state.ts'

/** A target after a check, before any action. */
export interface Advanced {
  state: TargetState
  verdict: Verdict
  /** The restart that the target needs. fleet.ts decides whether the other targets allow it. */
  wants: { trigger: Trigger; reason: string } | null
  ended: AttemptEnd | null
  followUp: FollowUpResult | null
  announcements: readonly Announcement[]
}

export interface Moment {
  now: number
  policy: Policy
  /** Whether this check requested the health URL. Otherwise it must not count the last failed probe once more. */
  countsProbes: boolean
}

/** States that last until an operator releases the target, or until it has been healthy for long enough. */
const isSticky = (state: HealState) => state === 'GIVEN_UP' || state === 'FLAPPING'

/** Why a target in a state that lasts is not restarted, with its present fault. */
export const stickyReason = ({ state, givenUp }: Pick<TargetState, 'state' | 'givenUp'>, fault: string): string =>
  state === 'GIVEN_UP' && givenUp ? `down after ${givenUp.restarts} restarts; ${fault}` : `failed repeatedly; ${fault}`

/** Applies a verdict to the state of a target. Pure: `before` is not changed. */
export function advance(before: TargetState, verdict: Verdict, moment: Moment): Advanced {
  const { now, policy } = moment
  const state: TargetState = {
    ...before,
    restarts: before.restarts.filter((at) => at > now - policy.windowMs),
    falls: before.falls.filter((at) => at > now - policy.flapWindowMs),
    maintenanceUntil:
      before.maintenanceUntil !== null && before.maintenanceUntil > now ? before.maintenanceUntil : null,
  }
  const outcome: Advanced = { state, verdict, wants: null, ended: null, followUp: null, announcements: [] }
  if (state.healing) {
    const ended = endOf(state.healing, verdict, now)
    if (!ended) return { ...outcome, state: { ...state, state: 'HEALING' } }
    outcome.ended = { attemptId: state.healing.attemptId, ...ended }
    outcome.state = { ...state, healing: null, ...consequences(state, state.healing, ended.outcome, moment) }
  }
  return follow(judge(outcome, moment), now)
}

function consequences(
  { streak, nextActionAt }: TargetState,
  { attemptId }: Healing,
  outcome: AttemptEnd['outcome'],
  { now, policy }: Moment,
): Partial<TargetState> {
  if (outcome === 'SUCCEEDED') return { followUp: { attemptId, dueAt: now + policy.followUpMs } }
  // The back-off begins when the failed attempt ends, because an attempt may take longer than the back-off. The target
  // stays down even if a probe of the freshly started container succeeds.
  return { isDown: true, nextActionAt: Math.max(nextActionAt ?? 0, now + backoffAfter(streak, policy)) }
}

/** How an attempt has ended; null while it is in progress. */
function endOf(healing: Healing, verdict: Verdict, now: number): Omit<AttemptEnd, 'attemptId'> | null {
  const failed = (message: string) => ({ outcome: 'FAILED' as const, message })
  if (healing.error !== null) return failed(healing.error)
  if (verdict.kind === 'missing') return failed('the container was removed meanwhile')
  const isLate = now >= healing.deadline
  if (healing.phase === 'restarting') return isLate ? failed('Docker has not restarted it in time') : null
  switch (verdict.kind) {
    case 'well':
      return verdict.doubt === undefined
        ? { outcome: 'SUCCEEDED', message: 'restarted, and healthy again' }
        : { outcome: 'SUCCEEDED', message: `restarted, and running again; ${verdict.doubt}` }
    case 'left-alone':
      return failed(`${verdict.reason} while it was being healed`)
    case 'starting':
      return isLate ? failed(`not healthy in time: ${verdict.reason}`) : null
    case 'unwell':
      return verdict.certain || isLate ? failed(`the restart did not help: ${verdict.reason}`) : null
  }
}

/** Applies a verdict to a target without an attempt in progress. */
function judge(outcome: Advanced, moment: Moment): Advanced {
  const { verdict, state } = outcome
  if (verdict.kind === 'missing')
    return { ...outcome, state: { ...state, ...AT_REST, state: 'MISSING', reason: 'there is no such container' } }
  if (state.maintenanceUntil !== null)
    return { ...outcome, state: { ...state, ...AT_REST, state: 'MAINTENANCE', reason: 'in maintenance' } }
  if (verdict.kind === 'left-alone')
    return { ...outcome, state: { ...state, ...AT_REST, state: 'MAINTENANCE', reason: verdict.reason } }
  if (verdict.kind === 'starting') {
    const name = isSticky(state.state) ? state.state : state.isDown ? 'UNHEALTHY' : 'STARTING'
    return { ...outcome, state: { ...state, state: name, reason: verdict.reason } }
  }
  if (verdict.kind === 'well') return { ...outcome, state: recovered(state, verdict.doubt ?? null, moment) }
  return unwell(outcome, verdict, moment)
}

/** The fields that are reset while a target is not judged. */
const AT_REST = { consecutiveFailures: 0, isDown: false, wellSince: null, suppressed: null, givenUp: null } as const

function recovered(state: TargetState, reason: string | null, { now, policy }: Moment): TargetState {
  const wellSince = state.wellSince ?? now
  const well = { ...state, consecutiveFailures: 0, isDown: false, wellSince, suppressed: null }
  if (now - wellSince >= policy.stableMs)
    return { ...well, state: 'HEALTHY', reason, streak: 0, falls: [], givenUp: null }
  if (isSticky(state.state)) return well
  return { ...well, state: 'HEALTHY', reason }
}

function unwell(outcome: Advanced, verdict: Extract<Verdict, { kind: 'unwell' }>, moment: Moment): Advanced {
  const { now, policy, countsProbes } = moment
  const { trigger, reason } = verdict
  const { state } = outcome
  // Only regular checks count failures. A check after an event or a restart counts one only when it finds that the
  // target went down.
  const counts = countsProbes || (verdict.certain && !state.isDown)
  const consecutiveFailures = state.consecutiveFailures + (counts ? 1 : 0)
  const isDown = state.isDown || verdict.certain || consecutiveFailures >= policy.failureThreshold
  const fell = isDown && state.wellSince !== null
  const next: TargetState = {
    ...state,
    reason,
    consecutiveFailures,
    isDown,
    wellSince: isDown ? null : state.wellSince,
    falls: fell ? [...state.falls, now] : state.falls,
  }
  if (isSticky(state.state))
    return remind({ ...outcome, state: { ...next, reason: stickyReason(state, reason) } }, moment)
  if (!isDown) return { ...outcome, state: { ...next, state: 'UNHEALTHY' } }
  if (next.falls.length >= policy.flapThreshold) {
    const flapping: TargetState = {
      ...next,
      state: 'FLAPPING',
      reason: stickyReason({ ...next, state: 'FLAPPING' }, reason),
    }
    return { ...outcome, state: flapping, announcements: [{ kind: 'flapping', falls: next.falls.length }] }
  }
  return { ...outcome, state: { ...next, state: 'UNHEALTHY' }, wants: { trigger, reason } }
}

/** Announces a target that was given up again, if that is due. */
function remind(outcome: Advanced, { now, policy }: Moment): Advanced {
  const { givenUp } = outcome.state
  if (givenUp === null || !outcome.state.isDown || now < givenUp.remindAt) return outcome
  const { restarts } = givenUp
  return {
    ...outcome,
    state: { ...outcome.state, givenUp: { restarts, remindAt: now + policy.remindMs } },
    announcements: [{ kind: 'given-up', restarts }],
  }
}

/**
 * The check that follows a successful attempt. The result is false if the target goes down before that check, and true
 * if it is healthy then.
 */
function follow(outcome: Advanced, now: number): Advanced {
  const { state, ended } = outcome
  const { followUp } = state
  if (!followUp || ended) return outcome
  const result = (stillHealthy: boolean): Advanced => ({
    ...outcome,
    state: { ...state, followUp: null },
    followUp: { attemptId: followUp.attemptId, stillHealthy },
  })
  if (state.isDown) return result(false)
  if (now < followUp.dueAt) return outcome
  if (outcome.verdict.kind === 'well') return result(true)
  // If the container was removed or stopped by a user meanwhile, the result stays unknown.
  const isKnown = outcome.verdict.kind === 'unwell' || outcome.verdict.kind === 'starting'
  return isKnown ? outcome : { ...outcome, state: { ...state, followUp: null } }
}
