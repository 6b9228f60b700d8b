import { groupOf, groupWords } from '../matching/group-key.ts'
import type { ActiveSilence } from '../silences/active.ts'
import { silenceMatches } from '../silences/match.ts'
import { type Decision, decide, type Finding } from './decide.ts'
import { type Circumstances, explain } from './explain.ts'
import type { Observation } from './observe.ts'

/**
 * Maximum number of open alerts of one rule. Without a limit, a rule that groups by a unique value would flood its
 * receivers.
 */
export const MAX_OPEN_PER_RULE = 1_000

/** An observation and the decision on it. */
export interface Judgement {
  observation: Observation
  finding: Finding
  decision: Decision
  /** The silence that matches the open alert, or the alert that is about to be raised. */
  silence: ActiveSilence | null
  /**
   * The source of the alert: the source that its events share. Null if they have different sources, or if there is no
   * alert.
   */
  source: string | null
  /** Whether the alert was not raised because the rule has the maximum number of open alerts. */
  isFull: boolean
}

/** Decides on an observation. `source` is the source of the alert. */
export function judge(
  observation: Observation,
  silences: readonly ActiveSilence[],
  source: string | null = observation.alert?.source ?? null,
): Judgement {
  const { alert, matched, threshold, now, ruleId, ruleName, tenantId, severity, groupBy, groupKey } = observation
  const seen = { ruleId, ruleName, tenantId, severity, source, group: groupOf(groupBy, groupKey) }
  const silence = silences.find((active) => silenceMatches(active, seen)) ?? null
  const finding: Finding = {
    matched,
    threshold,
    repeatIntervalMs: observation.repeatIntervalSeconds * 1_000,
    alert,
    silenceId: silence?.id ?? null,
    now,
  }
  return { observation, finding, decision: decide(finding), silence, source, isFull: false }
}

/** The judgement on a group whose alert is not raised, because the rule has the maximum number of open alerts. */
export const withoutAlert = (judgement: Judgement): Judgement => ({
  ...judgement,
  decision: { outcome: 'STILL_FIRING', change: null, notify: false, heldBack: false, nextNotifyAt: null },
  silence: null,
  isFull: true,
})

/** Whether a judgement has to be written. */
export function changesAlert({ observation: { alert }, decision, silence }: Judgement): boolean {
  if (decision.change !== null || decision.nextNotifyAt !== null) return true
  return alert !== null && alert.silenceId !== (silence?.id ?? null)
}

/** A judgement in words. `recipients` is the number of webhooks that got the notification, null if there was none. */
export function explainJudgement(judgement: Judgement, recipients: number | null = null): string {
  const { observation, finding, decision, silence, isFull } = judgement
  const { alert, groupBy, groupKey, tenantId, tenants, webhookIds, webhooksDeleted, windowSeconds } = observation
  const circumstances: Circumstances = {
    windowSeconds,
    group: groupWords(groupOf(groupBy, groupKey)),
    tenants: tenantId === null ? tenants : null,
    alert,
    // A tenant may not read the reason of an installation-wide silence.
    silence: silence && { endsAt: silence.endsAt, reason: silence.tenantId === tenantId ? silence.reason : null },
    recipients,
    maxOpen: isFull ? MAX_OPEN_PER_RULE : null,
    chosen: webhooksDeleted ? 'DELETED' : webhookIds.length > 0 ? 'SOME' : 'NONE',
  }
  return explain(finding, decision, circumstances)
}
