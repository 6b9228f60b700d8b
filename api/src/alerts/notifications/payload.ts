import type { AlertChange, AlertStatus, Severity } from '../../../../prisma/generated/client/enums.ts'
import { publicId } from '../../kit/ids.ts'
import type { Conditions } from '../matching/rule-index.ts'

/** A change of an alert, with the data for its event. */
export interface PublishedChange {
  transitionId: string
  alertId: string
  ruleId: string
  ruleName: string
  tenantId: string | null
  change: Exclude<AlertChange, 'SILENCED'>
  status: AlertStatus
  at: Date
  actorName: string | null
  note: string | null
  matched: number
  notify: boolean
  group: Readonly<Record<string, string | null>>
  /** Name of the webhook that is the subject of its group; null if it is about something else. */
  webhookName: string | null
  severity: Severity
  threshold: number
  windowSeconds: number
  conditions: Conditions
  source: string | null
  reason: string
  tenants: Readonly<Record<string, number>>
  startedAt: Date
  webhookIds: readonly string[]
  silenceId: string | null
  events: readonly MatchedEvent[]
}

/** One of the newest events that the alert counted. */
export interface MatchedEvent {
  id: string
  type: string
  source: string
  severity: Severity
  subject: string | null
  tenantId: string | null
  receivedAt: string
}

/** Maximum number of alerts that a message lists one by one. */
const MAX_LISTED = 50

/** The console page of an alert; null while WEB_URL is not set. */
export const alertLink = (webUrl: string | undefined, alertId: string): string | null =>
  webUrl === undefined ? null : new URL(`/alerts/${publicId('alr', alertId)}`, webUrl).href

/**
 * The payload of a change's event. `together` has all changes that share the message, including this one. The payload
 * lists them only if there are several.
 */
export function payloadOf(
  change: PublishedChange,
  together: readonly PublishedChange[],
  webUrl: string | undefined,
): Record<string, unknown> {
  const { conditions, silenceId } = change
  return {
    rule: publicId('rul', change.ruleId),
    ruleName: change.ruleName,
    alert: publicId('alr', change.alertId),
    status: change.status,
    severity: change.severity.toLowerCase(),
    source: change.source ?? conditions.source,
    matched: change.matched,
    threshold: change.threshold,
    windowSeconds: change.windowSeconds,
    filters: {
      eventType: conditions.eventType,
      source: conditions.source,
      severity: conditions.eventSeverity?.toLowerCase() ?? null,
    },
    group: change.group,
    ...(change.webhookName !== null && { webhookName: change.webhookName }),
    reason: reasonOf(change),
    startedAt: change.startedAt.toISOString(),
    link: alertLink(webUrl, change.alertId),
    events: change.events.map(({ id, ...event }) => ({ id: publicId('evt', id), ...event })),
    ...(change.tenantId === null && { tenants: change.tenants }),
    ...(!change.notify && silenceId !== null && { silencedBy: publicId('sil', silenceId) }),
    ...(together.length > 1 && {
      alertCount: together.length,
      alerts: together.slice(0, MAX_LISTED).map((each) => ({
        alert: publicId('alr', each.alertId),
        group: each.group,
        ...(each.webhookName !== null && { webhookName: each.webhookName }),
        matched: each.matched,
        link: alertLink(webUrl, each.alertId),
      })),
    }),
  }
}

function reasonOf({ change, reason, note, actorName }: PublishedChange): string {
  if (change === 'RAISED') return reason
  const by = actorName === null ? null : `${change === 'ACKNOWLEDGED' ? 'Acknowledged' : 'Resolved'} by ${actorName}`
  return [by, note].filter((part) => part !== null).join(': ') || reason
}
