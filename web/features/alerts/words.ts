import { SEVERITIES } from '@/features/events/severity.tsx'
import { secondsText } from '@/lib/format/seconds-text.ts'
import type { Severity } from '@/lib/graphql.ts'

const number = new Intl.NumberFormat('en')

/** The fields of a group with their values. A value is null if the events do not have the field. */
export const groupFields = (group: unknown): [field: string, value: string | null][] =>
  typeof group === 'object' && group !== null
    ? Object.entries(group).map(([field, value]) => [field, typeof value === 'string' ? value : null])
    : []

/** Formats the group of an alert: "host=web-1, region=eu"; empty for a rule without groups. */
export const groupText = (group: unknown): string =>
  groupFields(group)
    .map(([field, value]) => `${field.replace(/^payload\./, '')}=${value ?? '(none)'}`)
    .join(', ')

export const eventsText = (count: number): string => `${number.format(count)} ${count === 1 ? 'event' : 'events'}`

/** "10 in 5 min". */
export const thresholdText = (threshold: number, windowSeconds: number): string =>
  `${number.format(threshold)} in ${secondsText(windowSeconds)}`

interface Conditions {
  eventType?: string | null
  source?: string | null
  eventSeverity?: Severity | null
}

/** Describes the events that a rule counts: "api.error* from billing, Error". */
export function conditionsText({ eventType, source, eventSeverity }: Conditions): string {
  const type = eventType ?? 'any event'
  const from = source ? ` from ${source}` : ''
  return `${type}${from}${eventSeverity ? `, ${SEVERITIES[eventSeverity].label}` : ''}`
}

export const actorText = ({ name, id }: { name?: string | null; id: string }): string => name ?? id
