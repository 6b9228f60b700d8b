import type { AppContext } from '../app-context.ts'
import { clockShift, databaseNow } from '../db/database-clock.ts'
import type { PublishInTransaction } from '../events/publish/publish-in-transaction.ts'
import { evaluateAll, type RuleScope } from './evaluation/evaluate-all.ts'
import { createEvaluator, type EvaluationCounts, type Evaluator } from './evaluation/evaluator.ts'
import { EVALUATE, type RuleGroup } from './evaluation/hand-off.ts'
import { rebuildDue, rebuildMatches } from './matching/rebuild.ts'
import { createChangePublisher } from './notifications/publish-changes.ts'
import { forgetOldMatches } from './retention.ts'
import { announceDeadLetters } from './self-watching/dead-letters.ts'
import { announceQueueDelay } from './self-watching/queue-delay.ts'
import { warnOfEndingSilences } from './silences/warn.ts'

/**
 * The alerting of a process. Every process evaluates on request and publishes the resulting changes; `start` adds the
 * periodic work of a worker.
 */
export interface Alerting {
  evaluator: Evaluator
  /** Evaluates the rules of a scope immediately. */
  evaluate(scope: RuleScope): Promise<EvaluationCounts & { rules: number }>
  /**
   * Called after a rule was created or changed: builds the rule's matches from stored events, evaluates the rule, and
   * publishes the changes that are due. Never throws: the rule is already stored, and workers repeat whatever fails
   * here.
   */
  ruleChanged(ruleId: string): Promise<void>
  /** Called after a user changed an alert of this rule: publishes the change. Never throws. */
  alertChanged(ruleId: string): Promise<void>
  /** Called after a silence began or ended: evaluates the open alerts that it may match. Never throws. */
  silencesChanged(tenantId: string | null): Promise<void>
  /**
   * Starts the work of a worker: evaluates the groups that other processes hand over, evaluates all rules periodically,
   * and publishes changes that other processes left unpublished.
   */
  start(): void
  stop(): Promise<void>
  /** Runs the periodic work once. */
  once(): Promise<void>
}

const EVALUATE_EVERY_MS = 15_000
const CATCH_UP_EVERY_MS = 1_000
const WATCH_EVERY_MS = 15_000
const FORGET_EVERY_MS = 300_000

export function createAlerting(core: AppContext, publishInTransaction: PublishInTransaction): Alerting {
  const changes = createChangePublisher(core, publishInTransaction)
  const evaluator = createEvaluator(core, changes)
  let timer: NodeJS.Timeout | undefined
  let catchingUp: Promise<void> | undefined

  const evaluate = (scope: RuleScope) => evaluateAll(core, evaluator, scope)

  const evaluateRules = async () => {
    await evaluate({})
    await core.db.query(
      `INSERT INTO alert_progress (name, at) VALUES ('evaluation', ${databaseNow('$1')})
       ON CONFLICT (name) DO UPDATE SET at = excluded.at`,
      [clockShift(core)],
    )
    await warnOfEndingSilences(core, publishInTransaction)
    await evaluator.log.flush()
  }
  const watchOurselves = async () => {
    await announceDeadLetters(core, publishInTransaction)
    await announceQueueDelay(core, publishInTransaction)
  }
  /** Every worker runs this. Row locks make the others wait, or skip the rows that one worker already processes. */
  const catchUp = async () => {
    await changes.publishDue()
    for (const ruleId of await rebuildDue(core)) await evaluate({ ruleId })
  }

  return {
    evaluator,
    evaluate,
    async ruleChanged(ruleId) {
      try {
        await rebuildMatches(core, ruleId)
        await evaluate({ ruleId })
        await changes.publishNow([ruleId])
        await evaluator.log.flush()
      } catch (error) {
        core.log.warn({ err: error, rule: ruleId }, 'a changed alert rule was not evaluated; a worker will evaluate it')
      }
    },
    async alertChanged(ruleId) {
      await changes.publishNow([ruleId])
    },
    async silencesChanged(tenantId) {
      try {
        const groups = await core.db.query<RuleGroup>(
          `SELECT rule_id AS "ruleId", group_key AS "groupKey" FROM alerts WHERE status <> 'RESOLVED' AND ($1::text IS NULL OR tenant_id = $1)`,
          [tenantId],
        )
        await evaluator.evaluate(groups, { routine: false })
        await evaluator.log.flush()
      } catch (error) {
        core.log.warn(
          { err: error },
          'open alerts were not evaluated after a change of silences; a worker will evaluate them',
        )
      }
    },
    start() {
      core.jobs.process(EVALUATE, {
        concurrency: 1,
        async run({ groups }) {
          for (const [ruleId, groupKey] of groups) evaluator.request({ ruleId, groupKey })
        },
      })
      core.jobs.every('alerts.evaluate', EVALUATE_EVERY_MS, evaluateRules)
      core.jobs.every('alerts.self-watching', WATCH_EVERY_MS, watchOurselves)
      core.jobs.every('alerts.forget', FORGET_EVERY_MS, () => forgetOldMatches(core))
      timer = setInterval(() => {
        catchingUp ??= catchUp()
          .catch((error: unknown) =>
            core.log.warn({ err: error }, 'changes of alerts were not published; the next round retries'),
          )
          .finally(() => {
            catchingUp = undefined
          })
      }, CATCH_UP_EVERY_MS)
    },
    async stop() {
      clearInterval(timer)
      await catchingUp
      await evaluator.idle()
      await changes.close()
    },
    async once() {
      await watchOurselves()
      await catchUp()
      await evaluateRules()
      await evaluator.idle()
    },
  }
}
