import { parseSeconds, secondsText } from '@/lib/format/seconds-text.ts'
import type { CreateAlertRuleInput, Severity, UpdateAlertRuleInput } from '@/lib/graphql.ts'

/**
 * The form values of a rule. The fields have the names of the API's input. Times and lists are texts, and '' means any.
 */
export interface RuleValues {
  name: string
  description: string
  tenantId: string
  eventType: string
  source: string
  eventSeverity: Severity | ''
  threshold: number | ''
  windowSeconds: string
  groupBy: string
  severity: Severity
  repeatIntervalSeconds: string
  webhookIds: string[]
  enabled: boolean
  [key: string]: unknown
}

/** The settings of a rule that the form edits. */
interface Settings {
  name: string
  description?: string | null
  tenantId?: string | null
  eventType?: string | null
  source?: string | null
  eventSeverity?: Severity | null
  threshold: number
  windowSeconds: number
  groupBy: readonly string[]
  severity: Severity
  repeatIntervalSeconds: number
  webhooks: readonly { id: string }[]
  enabled: boolean
}

export const NEW_RULE: RuleValues = {
  name: '',
  description: '',
  tenantId: '',
  eventType: '',
  source: '',
  eventSeverity: '',
  threshold: 10,
  windowSeconds: '5 min',
  groupBy: '',
  severity: 'CRITICAL',
  repeatIntervalSeconds: '4 h',
  webhookIds: [],
  enabled: true,
}

export const valuesOf = (rule: Settings): RuleValues => ({
  name: rule.name,
  description: rule.description ?? '',
  tenantId: rule.tenantId ?? '',
  eventType: rule.eventType ?? '',
  source: rule.source ?? '',
  eventSeverity: rule.eventSeverity ?? '',
  threshold: rule.threshold,
  windowSeconds: secondsText(rule.windowSeconds),
  groupBy: rule.groupBy.join(', '),
  severity: rule.severity,
  repeatIntervalSeconds: secondsText(rule.repeatIntervalSeconds),
  webhookIds: rule.webhooks.map(({ id }) => id),
  enabled: rule.enabled,
})

const isSeverity = (value: unknown): value is Severity =>
  value === 'INFO' || value === 'WARNING' || value === 'ERROR' || value === 'CRITICAL'

/** The form values for a new rule from the rule of a template, which is JSON. */
export function valuesOfTemplate(rule: unknown): RuleValues {
  const fields: Record<string, unknown> = typeof rule === 'object' && rule !== null ? { ...rule } : {}
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  const seconds = (value: unknown, otherwise: string) => (typeof value === 'number' ? secondsText(value) : otherwise)
  return {
    ...NEW_RULE,
    name: text(fields.name),
    description: text(fields.description),
    eventType: text(fields.eventType),
    source: text(fields.source),
    eventSeverity: isSeverity(fields.eventSeverity) ? fields.eventSeverity : '',
    threshold: typeof fields.threshold === 'number' ? fields.threshold : NEW_RULE.threshold,
    windowSeconds: seconds(fields.windowSeconds, NEW_RULE.windowSeconds),
    groupBy: Array.isArray(fields.groupBy) ? fields.groupBy.map(text).filter(Boolean).join(', ') : '',
    severity: isSeverity(fields.severity) ? fields.severity : NEW_RULE.severity,
    repeatIntervalSeconds: seconds(fields.repeatIntervalSeconds, NEW_RULE.repeatIntervalSeconds),
  }
}

const fieldsOf = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean)

/** Converts the form's values to settings; null means any. Call `check` first: invalid values are not reported here. */
function settingsOf(values: RuleValues) {
  return {
    name: values.name.trim(),
    description: values.description.trim() || null,
    eventType: values.eventType.trim() || null,
    source: values.source.trim() || null,
    eventSeverity: values.eventSeverity || null,
    severity: values.severity,
    threshold: values.threshold === '' ? 0 : values.threshold,
    windowSeconds: parseSeconds(values.windowSeconds) ?? 0,
    groupBy: fieldsOf(values.groupBy),
    repeatIntervalSeconds: parseSeconds(values.repeatIntervalSeconds) ?? 0,
    webhookIds: [...values.webhookIds].sort(),
    enabled: values.enabled,
  }
}

/** The chosen webhooks that are not among the existing ones. */
export const missingWebhooks = (chosen: readonly string[], existing: readonly { id: string }[]): string[] =>
  chosen.filter((id) => !existing.some((webhook) => webhook.id === id))

export const createInput = (values: RuleValues): CreateAlertRuleInput => ({
  ...settingsOf(values),
  tenantId: values.tenantId || null,
})

/** The changed fields of a rule. */
export function updateInput(before: RuleValues, after: RuleValues): UpdateAlertRuleInput {
  const [old, now] = [settingsOf(before), settingsOf(after)]
  const changed = Object.entries(now).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(old[key as keyof typeof old]),
  )
  return Object.fromEntries(changed)
}

/** The fields of a rule that its preview depends on. */
export function previewInput(values: RuleValues): CreateAlertRuleInput {
  const { eventType, source, eventSeverity, severity, threshold, windowSeconds, groupBy } = settingsOf(values)
  const conditions = { eventType, source, eventSeverity, severity, threshold, windowSeconds, groupBy }
  return { ...conditions, name: 'Preview', tenantId: values.tenantId || null }
}

const TIME_ADVICE = 'Enter a duration such as 30 s, 5 min, 2 h or 7 d'

/** The errors of the values by field. The API checks the rest. */
export function check(values: RuleValues): Record<string, string> {
  const errors: Record<string, string> = {}
  if (values.name.trim() === '') errors.name = 'Enter a name of 1 to 200 characters'
  const { threshold } = values
  if (threshold === '' || !Number.isInteger(threshold) || threshold < 1 || threshold > 100_000)
    errors.threshold = 'Enter 1 to 100,000 events'
  const window = parseSeconds(values.windowSeconds)
  if (window === null) errors.windowSeconds = TIME_ADVICE
  else if (window < 1 || window > 2_592_000) errors.windowSeconds = 'Enter 1 s to 30 d'
  const repeat = parseSeconds(values.repeatIntervalSeconds)
  if (repeat === null) errors.repeatIntervalSeconds = TIME_ADVICE
  else if (repeat < 60 || repeat > 2_592_000) errors.repeatIntervalSeconds = 'Enter 1 min to 30 d'
  return errors
}

/** Whether the API can preview the rule: its conditions and its threshold are valid, even if its name is not. */
export function isPreviewable(values: RuleValues): boolean {
  const errors = check(values)
  return errors.threshold === undefined && errors.windowSeconds === undefined
}
