import { isDeepStrictEqual } from 'node:util'
import type { Prisma } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { audited } from '../../audit/record.ts'
import { badInputs, type InputIssue, notFound } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import { CHANNELS, publishIds } from '../../kit/pubsub.ts'
import { databaseTime, lockRules, resolveOpenAlerts } from '../lifecycle/resolve-open.ts'
import { checkRule, type UpdateAlertRuleInput } from './input.ts'
import { type AlertRuleRow, loadRule, ruleSnapshot, rulesOf } from './rule.ts'
import { checkRuleWebhooks } from './rule-webhooks.ts'

/**
 * Fields that may be set to null: an event type, source or severity of null matches any; a rule may have no
 * description.
 */
const NULLABLE: ReadonlySet<string> = new Set(['description', 'eventType', 'source', 'eventSeverity'])

/**
 * Fields that determine which events match. If one of them changes, the rule gets a new version, and its matches are
 * rebuilt.
 */
const MATCHING = ['eventType', 'source', 'eventSeverity', 'groupBy', 'windowSeconds'] as const

/**
 * Changes the given fields of a rule. Open alerts continue under the changed rule. If the rule is disabled or its
 * groups change, its open alerts are resolved. Throws NOT_FOUND, BAD_USER_INPUT with every problem.
 */
export async function updateRule(
  core: AppContext,
  caller: Caller,
  id: string,
  input: UpdateAlertRuleInput,
): Promise<AlertRuleRow> {
  const { tenantId, webhookIds: present } = await loadRule(core, caller.identity, id)
  const issues: InputIssue[] = []
  for (const [field, value] of Object.entries(input)) {
    if (value === null && !NULLABLE.has(field))
      issues.push({ path: ['input', field], message: 'cannot be null; omit it to keep the present value' })
  }
  const settings = {
    name: input.name ?? undefined,
    description: input.description,
    eventType: input.eventType,
    source: input.source,
    windowSeconds: input.windowSeconds ?? undefined,
    threshold: input.threshold ?? undefined,
    groupBy: input.groupBy ? [...input.groupBy] : undefined,
    repeatIntervalSeconds: input.repeatIntervalSeconds ?? undefined,
  }
  checkRule(settings, ['input'], issues)
  const chosen = { webhookIds: input.webhookIds, tenantId, present }
  const webhookIds = await checkRuleWebhooks(core, caller.identity, chosen, ['input', 'webhookIds'], issues)
  if (issues.length > 0) throw badInputs(issues)
  return changeRule(core, caller, id, 'alertRule.update', {
    ...settings,
    eventSeverity: input.eventSeverity,
    severity: input.severity ?? undefined,
    enabled: input.enabled ?? undefined,
    webhookIds: input.webhookIds ? webhookIds : undefined,
  })
}

/** Enables or disables a rule; disabling resolves its open alerts. Throws NOT_FOUND. */
export const setRuleEnabled = (core: AppContext, caller: Caller, id: string, enabled: boolean): Promise<AlertRuleRow> =>
  changeRule(core, caller, id, 'alertRule.setEnabled', { enabled })

type RuleChange = { [Field in keyof AlertRuleRow]?: AlertRuleRow[Field] | undefined }

async function changeRule(
  core: AppContext,
  caller: Caller,
  id: string,
  action: string,
  change: RuleChange,
): Promise<AlertRuleRow> {
  const { rule, transitionIds } = await audited(core, caller, action, async (tx) => {
    await lockRules(tx, [id])
    const before = await tx.alertRule.findFirst({ where: { AND: [{ id }, rulesOf(caller.identity)] } })
    if (!before) throw notFound('alert rule', publicId('rul', id))
    const note = closingNote(before, change)
    const resolved = note ? await resolveOpenAlerts(core, tx, id, { note, actor: caller.identity }) : []
    const now = await databaseTime(core, tx)
    const data: Prisma.AlertRuleUpdateInput = { ...change, updatedAt: now }
    // A rule that is enabled again has missed the events of the time when it was disabled.
    const counts = MATCHING.some((field) => differs(before, change, field)) || (change.enabled && !before.enabled)
    if (counts) Object.assign(data, { version: { increment: 1 }, rebuildAt: now })
    const after = await tx.alertRule.update({ where: { id }, data })
    return {
      result: { rule: after, transitionIds: resolved },
      target: { type: 'alertRule', id: publicId('rul', id) },
      tenantId: before.tenantId,
      before: ruleSnapshot(before),
      after: ruleSnapshot(after),
    }
  })
  core.pubsub.publish(CHANNELS.alertRules, id)
  publishIds(core.pubsub, CHANNELS.alerts, transitionIds)
  return rule
}

const differs = (before: AlertRuleRow, change: RuleChange, field: keyof AlertRuleRow): boolean =>
  change[field] !== undefined && !isDeepStrictEqual(change[field], before[field])

/** Why a change resolves the rule's open alerts; null if they stay open. */
function closingNote(before: AlertRuleRow, change: RuleChange): string | null {
  if (change.enabled === false && before.enabled) return 'The rule was disabled.'
  return differs(before, change, 'groupBy') ? 'The rule groups by other fields now.' : null
}
