import { z } from 'zod'
import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { InputIssue } from '../../kit/errors.ts'
import { globProblem } from '../../kit/globs.ts'
import { CONTROL, nameProblem } from '../../kit/one-line.ts'
import { groupFieldProblem, MAX_GROUP_FIELDS } from '../matching/group-key.ts'

/** The fields of a rule that a user may set. When a rule is created, null counts as absent. */
export interface RuleSettings {
  name: string
  description?: string | null | undefined
  eventType?: string | null | undefined
  source?: string | null | undefined
  eventSeverity?: Severity | null | undefined
  severity?: Severity | null | undefined
  windowSeconds: number
  threshold: number
  enabled?: boolean | null | undefined
  groupBy?: readonly string[] | null | undefined
  repeatIntervalSeconds?: number | null | undefined
  webhookIds?: readonly string[] | null | undefined
}

export interface CreateAlertRuleInput extends RuleSettings {
  tenantId?: string | null
}

export type UpdateAlertRuleInput = { [Field in keyof RuleSettings]?: RuleSettings[Field] | null }

export const DEFAULT_REPEAT_SECONDS = 14_400
export const MAX_WINDOW_SECONDS = 30 * 86_400
export const MAX_THRESHOLD = 100_000
export const MIN_REPEAT_SECONDS = 60
const MAX_NAME = 200
const MAX_DESCRIPTION = 2_000
const MAX_SOURCE = 512

const checked = <Type extends z.ZodType>(type: Type, problemOf: (value: z.output<Type>) => string | null) =>
  type.check(({ value, issues }) => {
    const message = problemOf(value)
    if (message !== null) issues.push({ code: 'custom', input: value, path: [], message })
  })

const within = (least: number, most: number, unit: string) =>
  checked(z.number(), (value) =>
    Number.isInteger(value) && value >= least && value <= most
      ? null
      : `is ${value}; expected ${least} to ${most.toLocaleString('en-US')} ${unit}`,
  )

const name = checked(z.string(), (value) => nameProblem(value, MAX_NAME))

const description = checked(z.string(), (value) =>
  value.length > MAX_DESCRIPTION || value.includes('\0')
    ? `expected at most ${MAX_DESCRIPTION} characters, and no NUL`
    : null,
)

const quoted = (value: string) => JSON.stringify(value.slice(0, 80))

const eventType = checked(z.string(), (value) => {
  const problem = globProblem(value)
  return problem === null ? null : `${quoted(value)} ${problem}`
})

/** Unlike other globs, a source may contain spaces. */
const source = checked(z.string(), (value) => {
  if (value.includes('*')) {
    const problem = globProblem(value)
    return problem === null ? null : `${quoted(value)} ${problem}`
  }
  if (value === '' || value.length > MAX_SOURCE) return `expected 1 to ${MAX_SOURCE} characters`
  return CONTROL.test(value) ? 'has a control character or a line break' : null
})

const groupBy = z.array(checked(z.string(), groupFieldProblem)).check(({ value, issues }) => {
  const message =
    value.length > MAX_GROUP_FIELDS
      ? `has ${value.length} fields; expected at most ${MAX_GROUP_FIELDS}`
      : new Set(value).size < value.length
        ? 'names a field twice'
        : null
  if (message !== null) issues.push({ code: 'custom', input: value, path: [], message })
})

const settings = z.object({
  name,
  description: description.nullable(),
  eventType: eventType.nullable(),
  source: source.nullable(),
  windowSeconds: within(1, MAX_WINDOW_SECONDS, 'seconds (30 days)'),
  threshold: within(1, MAX_THRESHOLD, 'events'),
  groupBy,
  repeatIntervalSeconds: within(MIN_REPEAT_SECONDS, MAX_WINDOW_SECONDS, 'seconds'),
})
const partial = settings.partial()

/** Checks the given fields and skips undefined ones. The webhooks are checked in rule-webhooks.ts. */
export function checkRule(input: z.input<typeof partial>, path: readonly string[], issues: InputIssue[]): void {
  const parsed = partial.safeParse(input)
  for (const issue of parsed.error?.issues ?? [])
    issues.push({ path: [...path, ...issue.path.map(String)], message: issue.message })
}
