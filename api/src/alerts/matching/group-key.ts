import { createHash } from 'node:crypto'
import type { Severity } from '../../../../prisma/generated/client/enums.ts'

/** The fields of an event that rules evaluate. */
export interface CountedEvent {
  type: string
  source: string
  severity: Severity
  subject: string | null
  tenantId: string | null
  /** A rule reads the payload only if it groups by a field of it. */
  payload: { readonly value: unknown }
}

/** The values of a rule's `groupBy` fields, in the same order. */
type GroupValues = readonly (string | null)[]

export const GROUP_FIELDS = ['source', 'type', 'severity', 'subject', 'tenantId'] as const
type GroupField = (typeof GROUP_FIELDS)[number]

export const MAX_GROUP_FIELDS = 4
const MAX_FIELD_LENGTH = 100
/**
 * An index entry may have up to 2,700 bytes. Four values of this length, with three bytes per character, are shorter.
 */
const MAX_VALUE_LENGTH = 120
const PAYLOAD = 'payload.'
const PATH = /^payload(\.[^.\s\p{Cc}]+){1,5}$/u

/** The reason why rules cannot group by a field; null if they can. */
export function groupFieldProblem(field: string): string | null {
  if (isEventField(field)) return null
  if (field.length <= MAX_FIELD_LENGTH && PATH.test(field)) return null
  return `${JSON.stringify(field.slice(0, 80))} cannot be grouped by; expected ${GROUP_FIELDS.join(', ')} or a path into the payload such as payload.host`
}

/**
 * The key of an event's group, by which alerts and matches are stored. Without `groupBy` all events share one group.
 */
export function groupKeyOf(groupBy: readonly string[], event: CountedEvent): string {
  if (groupBy.length === 0) return NO_GROUP
  return JSON.stringify(groupBy.map((field) => fieldValue(field, event)))
}

export const NO_GROUP = '[]'

/** A group as the API shows it: the value of each `groupBy` field. */
export function groupOf(groupBy: readonly string[], groupKey: string): Record<string, string | null> {
  const values = JSON.parse(groupKey) as GroupValues
  return Object.fromEntries(groupBy.map((field, i) => [field, values[i] ?? null]))
}

/** A group in words: "source=api, payload.host=web-1". Null for the one group of a rule without `groupBy`. */
export function groupWords(group: Readonly<Record<string, string | null>>): string | null {
  const fields = Object.entries(group)
  if (fields.length === 0) return null
  return fields.map(([field, value]) => `${field}=${value ?? '(none)'}`).join(', ')
}

const isEventField = (field: string): field is GroupField => GROUP_FIELDS.some((name) => name === field)

function fieldValue(field: string, event: CountedEvent): string | null {
  const value = isEventField(field) ? event[field] : payloadValue(event.payload.value, field.slice(PAYLOAD.length))
  return value === null ? null : shortened(value)
}

function payloadValue(payload: unknown, path: string): string | null {
  let value = payload
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null
    value = Reflect.get(value, key)
  }
  if (value === null || value === undefined) return null
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/**
 * A text without control characters, of at most MAX_VALUE_LENGTH characters. Long texts end with a digest, so that two
 * texts with the same beginning stay different.
 */
function shortened(value: string): string {
  const clean = value.replace(/[\p{Cc}\p{Surrogate}]+/gu, ' ')
  if (clean.length <= MAX_VALUE_LENGTH && clean === value) return value
  if (clean.length <= MAX_VALUE_LENGTH - DIGEST_LENGTH) return clean
  const digest = createHash('sha256')
    .update(value)
    .digest('hex')
    .slice(0, DIGEST_LENGTH - 2)
  return `${clean.slice(0, MAX_VALUE_LENGTH - DIGEST_LENGTH).replace(/\p{Surrogate}/u, '')}…#${digest}`
}

const DIGEST_LENGTH = 10
