import type { Severity, TemplateItemFragment } from '@/lib/graphql.ts'
import { createInput, valuesOfTemplate } from '../rules/rule-values.ts'
import { thresholdText } from '../words.ts'

/** The rule of a template, with defaults for absent fields. */
export function ruleOf(rule: unknown): ReturnType<typeof createInput> & { severity: Severity } {
  const values = valuesOfTemplate(rule)
  return { ...createInput(values), severity: values.severity }
}

/** Why a rule of `tenantId` would hardly count an event; null if it counts the events that the template is about. */
export const missingEventsText = (
  { countsInstallationEvents, rule }: Pick<TemplateItemFragment, 'countsInstallationEvents' | 'rule'>,
  tenantId: string | null,
): string | null =>
  countsInstallationEvents && tenantId !== null
    ? `Only the installation has ${ruleOf(rule).eventType} events. A rule of ${tenantId} counts none of them, so it fires only if ${tenantId} publishes such events itself.`
    : null

/** "10 in 1 min". */
export function firesFromText(rule: unknown): string {
  const { threshold, windowSeconds } = ruleOf(rule)
  return thresholdText(threshold, windowSeconds)
}
