import type { AppContext } from '../../app-context.ts'
import { clockShift } from '../../db/database-clock.ts'
import { createBatcher } from '../../kit/async/batch.ts'
import { CHANNELS, publishIds } from '../../kit/pubsub.ts'
import { refreshOpenAlerts } from '../lifecycle/counted-events.ts'
import type { ChangePublisher } from '../notifications/publish-changes.ts'
import { activeSilences } from '../silences/active.ts'
import { type Applied, applyChanges } from './apply-changes.ts'
import { createEvaluationLog, type EvaluationLog } from './evaluation-log.ts'
import type { RuleGroup } from './hand-off.ts'
import { changesAlert, explainJudgement, type Judgement, judge } from './judge.ts'
import { observe } from './observe.ts'

/** The numbers of alerts that an evaluation raised and resolved. */
export interface EvaluationCounts {
  raised: number
  resolved: number
}

export interface Evaluator {
  /**
   * Requests the evaluation of a group, soon and together with others. Several requests for the same group result in
   * one evaluation.
   */
  request(group: RuleGroup): void
  /** Evaluates groups immediately. Resolves when the changes are stored and those that are due are published. */
  evaluate(groups: readonly RuleGroup[], options: { routine: boolean }): Promise<EvaluationCounts>
  log: EvaluationLog
  /** Resolves when no evaluation is in progress. */
  idle(): Promise<void>
}

/** Maximum number of groups in one transaction, which locks the rules of all these groups. */
const BATCH_MAX = 100
const NO_RECIPIENTS: ReadonlyMap<string, number> = new Map()
/**
 * After a slow evaluation, the next one of the same group waits this many times as long as the evaluation took. So a
 * rule with a high threshold does not occupy a worker.
 */
const REST_FACTOR = 5
const REST_FROM_MS = 10

/**
 * Evaluates groups: observes, then decides. If an alert changes, both steps are repeated under the lock of the rule,
 * and the change is written.
 */
export function createEvaluator(core: AppContext, changes: ChangePublisher): Evaluator {
  const log = createEvaluationLog(core)
  const queued = new Set<string>()
  const resting = new Map<string, { again: boolean }>()

  /** Decides without a transaction or a lock, because most evaluations change nothing. */
  const judgeGroups = async (groups: readonly RuleGroup[], shift: number): Promise<Judgement[]> => {
    const observations = await observe(({ text, values, name }) => core.db.query(text, values, name), groups, shift)
    const mayNotify = observations.some(({ alert, matched, threshold }) => alert !== null || matched >= threshold)
    const silences = mayNotify ? await activeSilences(core.db.pool, shift) : []
    return observations.map((observation) => judge(observation, silences))
  }

  const evaluate = async (groups: readonly RuleGroup[], options: { routine: boolean }): Promise<EvaluationCounts> => {
    const judged = await judgeGroups(groups, clockShift(core))
    for (const judgement of judged) if (!changesAlert(judgement)) note(judgement, null, options)
    if (options.routine) await refreshOpenAlerts(core, outdated(judged))
    const changing = judged.filter(changesAlert).map(({ observation }) => observation)
    const counts = { raised: 0, resolved: 0 }
    for (let i = 0; i < changing.length; i += BATCH_MAX) {
      const applied = await change(changing.slice(i, i + BATCH_MAX))
      for (const { judgement } of applied) {
        if (judgement.decision.change === 'RAISED') counts.raised++
        if (judgement.decision.change === 'RESOLVED') counts.resolved++
      }
    }
    return counts
  }

  const change = async (groups: readonly RuleGroup[]): Promise<Applied[]> => {
    const options = { clockShift: clockShift(core), groupWaitMs: core.env.ALERT_GROUP_WAIT_MS }
    const applied = await core.db.transaction((client) => applyChanges(client, groups, options))
    const transitionIds = applied.flatMap(({ transitionId }) => (transitionId === null ? [] : [transitionId]))
    publishIds(core.pubsub, CHANNELS.alerts, transitionIds)
    const { single, grouped } = changedRules(applied)
    changes.publishAfterGroupWait(grouped)
    const recipients = single.length > 0 ? await changes.publishNow(single) : NO_RECIPIENTS
    for (const { judgement, transitionId } of applied) {
      const notified = transitionId === null ? null : (recipients.get(transitionId) ?? null)
      note(judgement, notified, { routine: false })
    }
    return applied
  }

  const note = (judgement: Judgement, recipients: number | null, options: { routine: boolean }) => {
    const { observation, decision } = judgement
    const { ruleId, groupKey, matched, threshold, tenants, now } = observation
    const notified = decision.notify ? recipients : null
    const explanation = explainJudgement(judgement, notified)
    log.note(
      { ruleId, groupKey, outcome: decision.outcome, at: now, matched, threshold, explanation, tenants },
      options,
    )
  }

  const batcher = createBatcher<RuleGroup, void>({
    max: BATCH_MAX,
    lanes: 2,
    worthwhile: BATCH_MAX / 2,
    async run(groups) {
      for (const group of groups) queued.delete(keyOf(group))
      const began = performance.now()
      await evaluate(groups, { routine: false })
      const took = (performance.now() - began) / groups.length
      if (took >= REST_FROM_MS) for (const group of groups) rest(group, took * REST_FACTOR)
      return groups.map(() => undefined)
    },
  })
  const rest = (group: RuleGroup, ms: number) => {
    const key = keyOf(group)
    if (resting.has(key)) return
    resting.set(key, { again: false })
    setTimeout(() => {
      const again = resting.get(key)?.again
      resting.delete(key)
      if (again) request(group)
    }, ms)
  }
  const request = (group: RuleGroup) => {
    const key = keyOf(group)
    const pause = resting.get(key)
    if (pause) pause.again = true
    else if (!queued.has(key)) {
      queued.add(key)
      batcher(group).catch((error: unknown) =>
        core.log.warn(
          { err: error, rule: group.ruleId },
          'an alert rule was not evaluated; the periodic evaluation will evaluate it',
        ),
      )
    }
  }

  return {
    request,
    evaluate,
    log,
    async idle() {
      await batcher.idle()
      await log.flush()
    },
  }
}

const keyOf = ({ ruleId, groupKey }: RuleGroup) => `${ruleId} ${groupKey}`

/** Open alerts whose stored count of events differs from the latest one. */
const outdated = (judged: readonly Judgement[]) =>
  judged.flatMap(({ observation: { alert, matched, tenants }, decision }) =>
    alert && decision.change !== 'RESOLVED' && alert.matched !== matched ? [{ id: alert.id, matched, tenants }] : [],
  )

/** The rules that have changes. Changes of `grouped` rules wait for further changes, to share a message with them. */
function changedRules(applied: readonly Applied[]): { single: string[]; grouped: string[] } {
  const ruleIds = { single: new Set<string>(), grouped: new Set<string>() }
  for (const { judgement, transitionId } of applied) {
    if (transitionId === null) continue
    const { ruleId, groupBy } = judgement.observation
    ruleIds[groupBy.length > 0 ? 'grouped' : 'single'].add(ruleId)
  }
  return { single: [...ruleIds.single], grouped: [...ruleIds.grouped] }
}
