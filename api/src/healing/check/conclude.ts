import { type Advanced, advance } from '../decide/advance.ts'
import type { Observation } from '../decide/assess.ts'
import { assess } from '../decide/assess.ts'
import { type Decision, decide } from '../decide/decide.ts'
import { type FleetView, viewFleet } from '../decide/fleet.ts'
import type { Policy, Verdict } from '../decide/state.ts'
import type { RunMemory } from '../targets/memory.ts'
import { observe } from './observe.ts'
import type { CheckKind, Surveyed } from './survey.ts'

/** The result of a check for one target. */
export interface Conclusion {
  surveyed: Surveyed
  advanced: Advanced
  decision: Decision
  run: RunMemory
  /** Why a user's request was refused; null if there is none, or it was followed. */
  refusal: string | null
}

export interface Concluding {
  kind: CheckKind
  now: number
  policy: Policy
  causeOf: (containerId: string, finishedAt: number) => Observation['endedBy']
  newAttemptId: () => string
}

/** Judges all targets of a check and decides what to do. Pure, except for the ids of new attempts. */
export function conclude(
  surveyed: readonly Surveyed[],
  { kind, now, policy, causeOf, newAttemptId }: Concluding,
): { conclusions: Conclusion[]; fleet: FleetView } {
  const judged = surveyed.map((one) => {
    const { target, stored, container, probe } = one
    const targetPolicy = policyFor(one, policy)
    const sight = container && {
      containerId: container.id,
      state: container.state,
      hasProbe: target.healthUrl !== null,
      probe,
      causeOf,
      now,
      restartMs: targetPolicy.restartMs,
    }
    const { seen, run } = observe(stored.memory.run, sight)
    const isUnanswered = target.healthUrl !== null && container?.state.status === 'running' && probe === undefined
    const moment = { now, policy: targetPolicy, countsProbes: kind === 'interval' && !isUnanswered }
    const verdict = verdictOn(one, assess(seen, targetPolicy))
    const advanced = advance(stored.memory.state, verdict, moment)
    return { surveyed: one, run, targetPolicy, advanced: one.isNamed ? advanced : { ...advanced, wants: null } }
  })
  const fleet = viewFleet(
    judged.map(({ surveyed: { target, isNamed }, advanced }) => {
      const { container: name, dependsOn, isSelf } = target
      return { name, dependsOn, isSelf, isNamed, advanced }
    }),
    policy,
  )
  const conclusions = judged.map(({ surveyed: one, run, targetPolicy, advanced }): Conclusion => {
    const hold = fleet.holds.get(one.target.container)
    const attemptId = one.request?.id ?? newAttemptId()
    const decision = decide(advanced, { now, policy: targetPolicy, hold, isManual: one.request !== null, attemptId })
    const isFollowed = decision.restart?.attemptId === one.request?.id
    const refusal = one.request && !isFollowed ? refusalOf(one, advanced, hold?.reason) : null
    return { surveyed: one, advanced, decision, run, refusal }
  })
  return { conclusions, fleet }
}

/**
 * A target that no source names any more is not judged, unless its container is gone. A restart in progress still ends
 * by what becomes of the container.
 */
function verdictOn({ isNamed, stored }: Surveyed, verdict: Verdict): Verdict {
  if (isNamed || verdict.kind === 'missing' || stored.memory.state.healing) return verdict
  return { kind: 'left-alone', reason: 'no longer watched: no setting, label or registered service names it' }
}

/** A container with its own stop timeout may need more time for a restart. */
function policyFor({ target: { stopSeconds } }: Surveyed, policy: Policy): Policy {
  return stopSeconds === undefined
    ? policy
    : { ...policy, restartMs: Math.max(policy.restartMs, stopSeconds * 1_000 + 20_000) }
}

function refusalOf({ container }: Surveyed, { state }: Advanced, held: string | undefined): string {
  if (!container) return 'there is no such container'
  if (state.healing) return 'it is already being restarted'
  return `not restarted: ${held ?? 'nothing can be done about it now'}`
}
