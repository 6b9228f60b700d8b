import { isInstallationType } from '../../events/catalogue/installation-types.ts'

/**
 * Why a rule may never raise an alert, as sentences for the user who creates it; empty if nothing is known. A
 * `tenantId` of null is a rule for all tenants.
 */
export function ruleWarnings(rule: { eventType?: string | null | undefined; tenantId: string | null }): string[] {
  const { eventType, tenantId } = rule
  if (tenantId === null || !isInstallationType(eventType)) return []
  return [
    `Only the installation has ${eventType} events. A rule of ${tenantId} counts none of them, so it fires only if ${tenantId} publishes such events itself.`,
  ]
}
