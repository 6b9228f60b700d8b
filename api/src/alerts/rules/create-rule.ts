import { checkTenantExists } from '../../access/tenants/check-tenant-exists.ts'
import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { audited } from '../../audit/record.ts'
import { writeTenant } from '../../identity/tenant-scope.ts'
import { badInputs, type InputIssue } from '../../kit/errors.ts'
import { newId, publicId } from '../../kit/ids.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { databaseTime } from '../lifecycle/resolve-open.ts'
import { type CreateAlertRuleInput, checkRule, DEFAULT_REPEAT_SECONDS } from './input.ts'
import { type AlertRuleRow, ruleSnapshot } from './rule.ts'
import { checkRuleWebhooks } from './rule-webhooks.ts'

/** The validated fields of a rule. */
export type RuleData = Omit<
  AlertRuleRow,
  'id' | 'version' | 'defaultOf' | 'rebuildAt' | 'createdAt' | 'updatedAt' | 'deletedAt'
>

/**
 * Checks a new rule. It belongs to the caller's tenant or to the tenant that the input names. If an unbound caller
 * names no tenant, the rule counts the events of every tenant. Throws BAD_USER_INPUT with every problem, FORBIDDEN for
 * another tenant.
 */
export async function checkNewRule(core: AppContext, caller: Caller, input: CreateAlertRuleInput): Promise<RuleData> {
  const tenantId = writeTenant(caller.identity, input.tenantId)
  const issues: InputIssue[] = []
  const { name, description, eventType, source, eventSeverity, windowSeconds, threshold } = input
  const groupBy = [...(input.groupBy ?? [])]
  const repeatIntervalSeconds = input.repeatIntervalSeconds ?? DEFAULT_REPEAT_SECONDS
  checkRule(
    { name, description, eventType, source, windowSeconds, threshold, groupBy, repeatIntervalSeconds },
    ['input'],
    issues,
  )
  const chosen = { webhookIds: input.webhookIds, tenantId }
  const webhookIds = await checkRuleWebhooks(core, caller.identity, chosen, ['input', 'webhookIds'], issues)
  await checkTenantExists(core, caller.identity, tenantId, ['input', 'tenantId'], issues)
  if (issues.length > 0) throw badInputs(issues)
  return {
    name,
    description: description ?? null,
    tenantId,
    eventType: eventType ?? null,
    source: source ?? null,
    eventSeverity: eventSeverity ?? null,
    severity: input.severity ?? 'CRITICAL',
    windowSeconds,
    threshold,
    enabled: input.enabled ?? true,
    groupBy,
    repeatIntervalSeconds,
    webhookIds,
  }
}

/**
 * Creates a rule, from a template if the input names one. The caller still has to build the rule's matches from stored
 * events (matching/rebuild.ts). Throws like `checkNewRule`.
 */
export async function createRule(
  core: AppContext,
  caller: Caller,
  input: CreateAlertRuleInput,
  template: { id: string } | null = null,
): Promise<AlertRuleRow> {
  const data = await checkNewRule(core, caller, input)
  const rule = await audited(core, caller, template ? 'alertTemplate.materialize' : 'alertRule.create', async (tx) => {
    const now = await databaseTime(core, tx)
    const created = await tx.alertRule.create({
      data: { ...data, id: newId(), rebuildAt: now, createdAt: now, updatedAt: now },
    })
    const target = template
      ? { type: 'alertTemplate', id: publicId('tpl', template.id) }
      : { type: 'alertRule', id: publicId('rul', created.id) }
    return { result: created, target, tenantId: data.tenantId, after: ruleSnapshot(created) }
  })
  core.pubsub.publish(CHANNELS.alertRules, rule.id)
  return rule
}
