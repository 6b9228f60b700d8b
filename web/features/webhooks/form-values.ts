import type { CreateWebhookInput, Severity, UpdateWebhookInput, WebhookKind } from '@/lib/graphql.ts'

/** The form values of a webhook: lists and headers are texts. */
export interface WebhookValues {
  name: string
  url: string
  kind: WebhookKind
  tenantId: string
  eventTypes: string
  minSeverity: Severity
  ratePerSecond: number | ''
  maxConcurrency: number | ''
  timeoutMs: number | ''
  retrySchedule: string
  circuitBreaker: boolean
  headers: string
  secret: string
  [key: string]: unknown
}

/** The settings of a webhook that the form edits. */
interface Settings {
  name: string
  url: string
  kind: WebhookKind
  tenantId?: string | null
  eventTypes: readonly string[]
  minSeverity: Severity
  ratePerSecond?: number | null
  maxConcurrency: number
  timeoutMs: number
  retrySchedule: readonly number[]
  circuitBreaker: boolean
  headers: unknown
}

export const NEW_WEBHOOK: WebhookValues = {
  name: '',
  url: '',
  kind: 'STANDARD',
  tenantId: '',
  eventTypes: '',
  minSeverity: 'INFO',
  ratePerSecond: '',
  maxConcurrency: 16,
  timeoutMs: 15_000,
  retrySchedule: '5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h',
  circuitBreaker: true,
  headers: '',
  secret: '',
}

export const valuesOf = (settings: Settings): WebhookValues => ({
  ...NEW_WEBHOOK,
  ...settings,
  tenantId: settings.tenantId ?? '',
  eventTypes: settings.eventTypes.join('\n'),
  ratePerSecond: settings.ratePerSecond ?? '',
  retrySchedule: scheduleText(settings.retrySchedule),
  headers: headersText(settings.headers),
})

/** Globs, one per line or separated by commas. */
export const parseTypes = (text: string): string[] =>
  text
    .split(/[\n,]/)
    .map((one) => one.trim())
    .filter(Boolean)

const UNITS = { s: 1, m: 60, min: 60, h: 3_600, d: 86_400 } as const

/** Formats seconds for people: "5 s, 5 min, 2 h". */
export const scheduleText = (seconds: readonly number[]): string =>
  seconds
    .map((value) =>
      value >= 3_600 && value % 3_600 === 0
        ? `${value / 3_600} h`
        : value >= 60 && value % 60 === 0
          ? `${value / 60} min`
          : `${value} s`,
    )
    .join(', ')

/** Parses a retry schedule into seconds, or returns its error. A number without a unit is in seconds. */
export function parseSchedule(text: string): { seconds: number[] } | { problem: string } {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
  const seconds: number[] = []
  for (const part of parts) {
    const match = /^(\d+)\s*(s|m|min|h|d)?$/i.exec(part)
    if (!match) return { problem: `“${part}” is not a duration: expected 30 s, 5 min or 2 h, separated by commas` }
    const unit = (match[2]?.toLowerCase() ?? 's') as keyof typeof UNITS
    seconds.push(Number(match[1]) * UNITS[unit])
  }
  return { seconds }
}

/** Formats headers as lines of "name: value". */
const headersText = (headers: unknown): string =>
  typeof headers === 'object' && headers !== null
    ? Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n')
    : ''

/** Parses lines into headers, or returns the error of the first invalid line. */
export function parseHeaders(text: string): { headers: Record<string, string> } | { problem: string } {
  const headers: Record<string, string> = {}
  for (const line of text
    .split('\n')
    .map((one) => one.trim())
    .filter(Boolean)) {
    const at = line.indexOf(':')
    if (at < 1) return { problem: `“${line}” is not a header: expected a name, a colon and a value` }
    headers[line.slice(0, at).trim()] = line.slice(at + 1).trim()
  }
  return { headers }
}

const REDACTED = '[redacted]'

/** Converts the form's values to settings. Call `check` first: invalid values are not reported here. */
function settingsOf(values: WebhookValues) {
  const schedule = parseSchedule(values.retrySchedule)
  const headers = parseHeaders(values.headers)
  return {
    name: values.name.trim(),
    url: values.url.trim(),
    eventTypes: parseTypes(values.eventTypes),
    minSeverity: values.minSeverity,
    ratePerSecond: values.ratePerSecond === '' ? null : values.ratePerSecond,
    maxConcurrency: values.maxConcurrency === '' ? null : values.maxConcurrency,
    timeoutMs: values.timeoutMs === '' ? null : values.timeoutMs,
    retrySchedule: 'seconds' in schedule ? schedule.seconds : [],
    circuitBreaker: values.circuitBreaker,
    headers: 'headers' in headers ? headers.headers : {},
  }
}

export const createInput = (values: WebhookValues): CreateWebhookInput => ({
  ...settingsOf(values),
  kind: values.kind,
  tenantId: values.tenantId || null,
  secret: values.secret.trim() || null,
})

/**
 * The changed fields of a webhook. Redacted header values cannot be sent back to the API. To change headers, the user
 * must type the secrets again.
 */
export function updateInput(before: WebhookValues, after: WebhookValues): UpdateWebhookInput {
  const [old, now] = [settingsOf(before), settingsOf(after)]
  const changed = Object.entries(now).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(old[key as keyof typeof old]),
  )
  return Object.fromEntries(changed)
}

/** The errors of the values by field. The API checks the rest. */
export function check(values: WebhookValues): Record<string, string> {
  const errors: Record<string, string> = {}
  if (values.name.trim() === '') errors.name = 'Enter a name of 1 to 200 characters'
  if (!/^https?:\/\/[^\s/]+/i.test(values.url.trim())) errors.url = 'Enter an http or https URL'
  const schedule = parseSchedule(values.retrySchedule)
  if ('problem' in schedule) errors.retrySchedule = schedule.problem
  const headers = parseHeaders(values.headers)
  if ('problem' in headers) errors.headers = headers.problem
  return errors
}

/**
 * Whether headers were changed while some of them are still redacted: saving would replace a secret by the placeholder.
 */
export const losesSecret = (before: WebhookValues, after: WebhookValues): boolean =>
  before.headers !== after.headers && after.headers.includes(REDACTED)
