import type { AlertRule, Prisma } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import type { AuditSnapshot } from '../../audit/entry.ts'
import type { Identity } from '../../identity/identity.ts'
import { withinTenant } from '../../identity/tenant-scope.ts'
import { notFound } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'

export type AlertRuleRow = AlertRule

/** The rules that an identity may read and change: those that are not deleted, and of its own tenant if it is bound. */
export const rulesOf = (identity: Identity): Prisma.AlertRuleWhereInput => ({
  deletedAt: null,
  ...withinTenant(identity),
})

/** Throws NOT_FOUND for a rule that does not exist, is deleted or belongs to another tenant. `id` is the row's UUID. */
export async function loadRule(core: AppContext, identity: Identity, id: string): Promise<AlertRuleRow> {
  const row = await core.db.prisma.alertRule.findFirst({ where: { AND: [{ id }, rulesOf(identity)] } })
  if (!row) throw notFound('alert rule', publicId('rul', id))
  return row
}

/** A rule as the audit trail shows it. */
export const ruleSnapshot = (rule: AlertRuleRow): AuditSnapshot => ({
  name: rule.name,
  description: rule.description,
  tenantId: rule.tenantId,
  eventType: rule.eventType,
  source: rule.source,
  eventSeverity: rule.eventSeverity,
  severity: rule.severity,
  windowSeconds: rule.windowSeconds,
  threshold: rule.threshold,
  enabled: rule.enabled,
  groupBy: rule.groupBy,
  repeatIntervalSeconds: rule.repeatIntervalSeconds,
  webhookIds: rule.webhookIds.map((id) => publicId('whk', id)),
})
