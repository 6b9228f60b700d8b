import { advance, type Moment } from './advance.ts'
import { type Decision, decide } from './decide.ts'
import { viewFleet } from './fleet.ts'
import type { Policy, TargetState, Verdict } from './state.ts'

/** Helpers for tests of the decisions. */

export const POLICY: Policy = {
  mode: 'heal',
  failureThreshold: 3,
  startPeriodMs: 30_000,
  settleMs: 3_000,
  backoffMs: 10_000,
  backoffMaxMs: 300_000,
  maxRestarts: 5,
  windowMs: 3_600_000,
  remindMs: 3_600_000,
  flapThreshold: 4,
  flapWindowMs: 900_000,
  stableMs: 600_000,
  restartMs: 40_000,
  verifyMs: 60_000,
  followUpMs: 300_000,
}

export const WELL: Verdict = { kind: 'well' }
export const STARTING: Verdict = { kind: 'starting', reason: 'its health check has not passed yet' }
export const MISSING: Verdict = { kind: 'missing' }
export const STOPPED: Verdict = { kind: 'left-alone', reason: 'stopped by a user' }
export const UNHEALTHY: Verdict = {
  kind: 'unwell',
  trigger: 'docker-health',
  reason: 'health check fails',
  certain: true,
}
export const PROBE_FAILS: Verdict = { kind: 'unwell', trigger: 'probe', reason: 'answered 503', certain: false }

let attempts = 0

/** Checks a target that has no neighbours, and decides. */
export function check(
  before: TargetState,
  verdict: Verdict,
  now: number,
  { policy = POLICY, isManual = false, isSelf = false, countsProbes = true } = {},
): Decision & Pick<ReturnType<typeof advance>, 'ended' | 'followUp'> {
  const moment: Moment = { now, policy, countsProbes }
  const advanced = advance(before, verdict, moment)
  const { holds } = viewFleet([{ name: 'it', dependsOn: [], isSelf, isNamed: true, advanced }], policy)
  const attemptId = `attempt-${++attempts}`
  const decision = decide(advanced, { now, policy, hold: holds.get('it'), isManual, attemptId })
  return { ...decision, ended: advanced.ended, followUp: advanced.followUp }
}

/** The state after Docker has made a restart that was decided. */
export function restarted(state: TargetState, now: number, policy: Policy = POLICY): TargetState {
  if (!state.healing) throw new Error('no restart is under way')
  return { ...state, healing: { ...state.healing, phase: 'verifying', deadline: now + policy.verifyMs } }
}
