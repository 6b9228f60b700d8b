import { SEVERITIES } from '@/features/events/severity.tsx'
import type { Severity } from '@/lib/graphql.ts'
import { groupFields } from '../words.ts'

/** The matchers of a silence, in the format of CreateSilenceInput.matchers. An alert must match all of them. */
export interface Matchers {
  /** The id of a rule, or a glob of its name. */
  rule?: string
  severity?: Severity
  source?: string
  group?: Record<string, string>
}

const MAX_VALUE = 512

/** The matchers that match exactly one alert: its rule, and the fields of its group that a silence can match. */
export function matchersOfAlert(alert: { rule: { id: string }; group: unknown }): Matchers {
  const fields = groupFields(alert.group).filter(
    (field): field is [string, string] => field[1] !== null && field[1] !== '' && field[1].length <= MAX_VALUE,
  )
  return { rule: alert.rule.id, ...(fields.length > 0 && { group: Object.fromEntries(fields) }) }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const isSeverity = (value: unknown): value is Severity => typeof value === 'string' && Object.hasOwn(SEVERITIES, value)

/** Parses matchers from the API's JSON. */
export function readMatchers(json: unknown): Matchers {
  if (!isObject(json)) return {}
  const { rule, severity, source } = json
  const group = groupFields(json.group).flatMap(([field, value]) => (value === null ? [] : [[field, value] as const]))
  return {
    ...(typeof rule === 'string' && { rule }),
    ...(isSeverity(severity) && { severity }),
    ...(typeof source === 'string' && { source }),
    ...(group.length > 0 && { group: Object.fromEntries(group) }),
  }
}

/** Formats matchers: "rule API errors, source billing, host=web-1". `ruleName` returns the name of a rule by its id. */
export function matchersText(matchers: Matchers, ruleName: (id: string) => string | undefined): string {
  const { rule, severity, source, group } = matchers
  return [
    rule !== undefined && `rule ${ruleName(rule) ?? rule}`,
    severity !== undefined && `severity ${SEVERITIES[severity].label.toLowerCase()}`,
    source !== undefined && `source ${source}`,
    ...Object.entries(group ?? {}).map(([field, glob]) => `${field}=${glob}`),
  ]
    .filter(Boolean)
    .join(', ')
}

/** Parses lines of "field: glob" into the matchers of a group, or returns the error of the first invalid line. */
export function parseGroup(text: string): { group: Record<string, string> } | { problem: string } {
  const group: Record<string, string> = {}
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '') continue
    const at = line.search(/[:=]/)
    const [field, glob] = [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    if (at < 1 || glob === '')
      return { problem: `“${line}” is not a matcher: expected a field, a colon and a value, such as source: billing*` }
    group[field] = glob
  }
  return { group }
}

export const groupLines = (group: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(group ?? {})
    .map(([field, glob]) => `${field}: ${glob}`)
    .join('\n')
