import { groupOf, groupWords } from '../matching/group-key.ts'
import type { ActiveSilence } from '../silences/active.ts'
import { silenceMatches } from '../silences/match.ts'
import { type Decision, decide, type Finding } from './decide.ts'
import { type Circumstances, explain } from './explain.ts'
import type { Observation } from './observe.ts'

/** An observation and the decision on it. */
export interface Judgement {
  observation: Observation
  finding: Finding
  decision: Decision
  /** The silence that matches the alert, which is open or about to be raised. */
  silence: ActiveSilence | null
  /** The source that all counted events share; null if they differ, or if nothing was raised. */
  source: string | null
}

/** Decides on an observation. `source` is that of the alert. */
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
  return { observation, finding, decision: decide(finding), silence, source }
}

/** Whether a judgement changes a row. */
export function changesAlert({ observation: { alert }, decision, silence }: Judgement): boolean {
  if (decision.change !== null || decision.nextNotifyAt !== null) return true
  return alert !== null && alert.silenceId !== (silence?.id ?? null)
}

/** A judgement in words; `recipients` are the webhooks that got its notification, null if there was none. */
export function explainJudgement(judgement: Judgement, recipients: number | null = null): string {
  const { observation, finding, decision, silence } = judgement
  const { alert, groupBy, groupKey, tenantId, tenants, windowSeconds } = observation
  const circumstances: Circumstances = {
    windowSeconds,
    group: groupWords(groupOf(groupBy, groupKey)),
    tenants: tenantId === null ? tenants : null,
    alert,
    // Only operators of the installation may read the reason of its silences.
    silence: silence && { endsAt: silence.endsAt, reason: silence.tenantId === tenantId ? silence.reason : null },
    recipients,
  }
  return explain(finding, decision, circumstances)
}
