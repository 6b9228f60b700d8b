import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { alertsOf } from './alert.ts'

/**
 * The alert with this UUID and the conditions of its rule, for an explanation; null outside the identity's reach.
 * The conditions are the rule's current ones. A deleted rule keeps its row, so its alerts can still be explained.
 */
export async function loadAlertIncident(core: AppContext, identity: Identity, id: string) {
  const alert = await core.db.prisma.alert.findFirst({ where: { AND: [{ id }, alertsOf(identity)] } })
  if (!alert) return null
  const rule = await core.db.prisma.alertRule.findUnique({ where: { id: alert.ruleId } })
  if (!rule) return null
  const { tenantId, severity, matched, threshold, windowSeconds, startedAt, resolvedAt } = alert
  const { name, eventType, source, eventSeverity } = rule
  return {
    ruleName: name,
    tenantId,
    severity,
    matched,
    threshold,
    windowSeconds,
    startedAt,
    resolvedAt,
    eventType,
    source,
    eventSeverity,
  }
}
