import type { ActivityKind, LeadStatus } from '../../../prisma/generated/client/enums.ts'
import type { InputIssue } from '../kit/errors.ts'
import { CONTROL } from '../kit/one-line.ts'

/** The fields of a lead that a user may set. Null empties an optional field. */
export interface LeadFields {
  name?: string | null
  email?: string | null
  phone?: string | null
  company?: string | null
  status?: LeadStatus | null
  source?: string | null
  notes?: string | null
}

export interface CreateLeadInput extends LeadFields {
  name: string
  tenantId?: string | null
}

export interface CreateActivityInput {
  leadId: string
  kind: ActivityKind
  body: string
  occurredAt?: Date | null
}

/** Maximum length of each field. */
export const LIMITS = {
  name: 200,
  email: 254,
  phone: 40,
  company: 200,
  source: 100,
  notes: 10_000,
  body: 10_000,
} as const
const MULTI_LINE: ReadonlySet<string> = new Set(['notes', 'body'])

const NUL = '\0'
/** An address has one @, with text on both sides, and no white space. More cannot be checked without sending a mail. */
const ADDRESS = /^[^\s@]+@[^\s@]+$/

/** Checks the given fields of a lead or an activity. `required` fields must not be empty. */
export function checkTexts(
  input: Partial<Record<keyof typeof LIMITS, string | null | undefined>>,
  required: readonly (keyof typeof LIMITS)[],
  path: readonly string[],
  issues: InputIssue[],
): void {
  for (const [name, max] of Object.entries(LIMITS)) {
    const field = name as keyof typeof LIMITS
    const value = input[field]
    if (value === undefined) continue
    const isEmpty = value === null || value.trim() === ''
    const problem =
      isEmpty && required.includes(field)
        ? `is empty; expected 1 to ${max} characters`
        : value === null
          ? null
          : value.length > max
            ? `has ${value.length} characters; expected at most ${max}`
            : (MULTI_LINE.has(field) ? value.includes(NUL) : CONTROL.test(value))
              ? 'has a control character or a line break'
              : field === 'email' && !isEmpty && !ADDRESS.test(value)
                ? `${JSON.stringify(value.slice(0, 80))} is not a mail address; expected one such as ada@example.com`
                : null
    if (problem) issues.push({ path: [...path, field], message: problem })
  }
}

/** The trimmed text; null if it is empty. Undefined stays undefined, because that means the field was not given. */
export function tidy(value: string | null | undefined): string | null | undefined {
  if (value == null) return value
  const trimmed = value.trim()
  return trimmed === '' ? null : trimmed
}

const YEAR_1970 = 0
const YEAR_10000 = 253_402_300_800_000

export function checkInstant(at: Date | null | undefined, path: readonly string[], issues: InputIssue[]): void {
  const ms = at?.getTime()
  if (ms !== undefined && !(ms >= YEAR_1970 && ms < YEAR_10000))
    issues.push({ path: [...path], message: 'expected an instant between 1970 and 9999' })
}
