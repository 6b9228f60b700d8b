import { z } from 'zod'
import { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { alertsOf } from './alert.ts'

/** The JSON in `alerts.conditions`, which apply-changes.ts writes. */
const conditionsSchema = z.object({
  eventType: z.string().nullable(),
  source: z.string().nullable(),
  eventSeverity: z.enum(Severity).nullable(),
})

/**
 * The alert with this UUID, for an explanation; null if the identity may not see it. The conditions are those with
 * which the alert was raised, because the rule may have been edited since.
 */
export async function loadAlertIncident(core: AppContext, identity: Identity, id: string) {
  const alert = await core.db.prisma.alert.findFirst({ where: { AND: [{ id }, alertsOf(identity)] } })
  if (!alert) return null
  const rule = await core.db.prisma.alertRule.findUnique({ where: { id: alert.ruleId } })
  if (!rule) return null
  const { tenantId, severity, matched, threshold, windowSeconds, startedAt, resolvedAt } = alert
  const { eventType, source, eventSeverity } = conditionsSchema.parse(alert.conditions)
  return {
    ruleName: rule.name,
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
