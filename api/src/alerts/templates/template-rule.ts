import { z } from 'zod'
import { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { InputIssue } from '../../kit/errors.ts'
import { checkRule } from '../rules/input.ts'

const severity = z.enum(Severity, { error: () => `expected one of ${Object.values(Severity).join(', ')}` }).nullish()

const schema = z.strictObject({
  name: z.string(),
  description: z.string().nullish(),
  eventType: z.string().nullish(),
  source: z.string().nullish(),
  eventSeverity: severity,
  severity,
  windowSeconds: z.number(),
  threshold: z.number(),
  groupBy: z.array(z.string()).nullish(),
  repeatIntervalSeconds: z.number().nullish(),
})

/** The rule that a template creates, with the field names of CreateAlertRuleInput. */
export type TemplateRule = z.output<typeof schema>

/** The rule of a stored template. Throws for a row that was not written by createAlertTemplate. */
export const storedTemplateRule = (value: unknown): TemplateRule => schema.parse(value)

/**
 * Checks the rule of a new template. If it is invalid, adds the problems to `issues`, each with the path of its field,
 * and returns null.
 */
export function checkTemplateRule(value: unknown, path: readonly string[], issues: InputIssue[]): TemplateRule | null {
  const issuesBefore = issues.length
  const { success, data, error } = schema.safeParse(value)
  for (const issue of error?.issues ?? []) {
    const at = [...path, ...issue.path.map(String)]
    if (issue.code === 'unrecognized_keys')
      for (const key of issue.keys)
        issues.push({ path: [...at, key], message: `is unknown; expected ${Object.keys(schema.shape).join(', ')}` })
    else issues.push({ path: at, message: issue.message })
  }
  if (!success) return null
  checkRule(
    { ...data, groupBy: data.groupBy ?? undefined, repeatIntervalSeconds: data.repeatIntervalSeconds ?? undefined },
    path,
    issues,
  )
  return issues.length === issuesBefore ? data : null
}
