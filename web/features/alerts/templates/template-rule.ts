import type { Severity } from '@/lib/graphql.ts'
import { createInput, valuesOfTemplate } from '../rules/rule-values.ts'
import { thresholdText } from '../words.ts'

/** The rule of a template, with defaults for absent fields. */
export function ruleOf(rule: unknown): ReturnType<typeof createInput> & { severity: Severity } {
  const values = valuesOfTemplate(rule)
  return { ...createInput(values), severity: values.severity }
}

/** "10 in 1 min". */
export function firesFromText(rule: unknown): string {
  const { threshold, windowSeconds } = ruleOf(rule)
  return thresholdText(threshold, windowSeconds)
}
