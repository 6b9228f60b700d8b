import type { EventFilter, Severity } from '@/lib/graphql.ts'
import { type ListParams, timeFilter } from '@/lib/lists/list-params.ts'
import { SEVERITIES } from './severity.tsx'

/** The filters of the events page, with their names in the URL. */
export const EVENT_KEYS = ['severity', 'type', 'source', 'correlation'] as const

export type EventParams = ListParams & Record<(typeof EVENT_KEYS)[number], readonly string[]>

const orNull = <T>(values: readonly T[]): T[] | null => (values.length > 0 ? [...values] : null)

const isSeverity = (value: string): value is Severity => Object.hasOwn(SEVERITIES, value)

/** Parses a severity from a URL, where it is in lower case. */
export function severityOf(value: string): Severity | null {
  const name = value.toUpperCase()
  return isSeverity(name) ? name : null
}

/** The API filter of the page's URL. Invalid values are ignored. */
export function eventFilter(params: EventParams, tenantId: string | null): EventFilter {
  const { severity, type, source, correlation, q } = params
  return {
    ...timeFilter(params),
    tenantId,
    severities: orNull(severity.map(severityOf).filter((one) => one !== null)),
    types: orNull(type),
    sources: orNull(source),
    correlationId: correlation[0] ?? null,
    search: q || null,
  }
}
