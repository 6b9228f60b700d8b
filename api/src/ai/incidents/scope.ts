import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope } from '../../identity/tenant-scope.ts'
import { badInput, notFound } from '../../kit/errors.ts'
import { publicId, uuidOf } from '../../kit/ids.ts'
import { loadWebhook, type WebhookRow } from '../../webhooks/load.ts'

/** The subject of an explanation: an alert, a webhook, or a time range. */
export interface ExplainInput {
  alertId?: string | null
  webhookId?: string | null
  since?: Date | null
  until?: Date | null
  tenantId?: string | null
}

/** The fields of an alert that an explanation needs. The alerts feature loads them (`LoadAlertIncident`). */
export interface AlertIncident {
  ruleName: string
  tenantId: string | null
  severity: Severity
  matched: number
  threshold: number
  windowSeconds: number
  startedAt: Date
  resolvedAt: Date | null
  /** The events that the rule counts: a glob of types, a glob of sources, and a severity. Null matches any value. */
  eventType: string | null
  source: string | null
  eventSeverity: Severity | null
}

/** Loads the alert with this UUID; null if the identity may not see it or it does not exist. */
export type LoadAlertIncident = (identity: Identity, id: string) => Promise<AlertIncident | null>

export interface IncidentScope {
  /** Milliseconds; `until` is exclusive. */
  since: number
  until: number
  /** Null: all tenants that the identity may see. */
  tenantId: string | null
  alert: (AlertIncident & { id: string }) | null
  webhook: WebhookRow | null
}

const DAY_MS = 86_400_000
const MAX_RANGE_MS = 7 * DAY_MS

/**
 * Checks and loads the subject of an explanation: exactly one of an alert, a webhook and a time range of at most 7
 * days, else throws BAD_USER_INPUT. Throws NOT_FOUND for an object that the identity may not see.
 */
export async function incidentScope(
  core: AppContext,
  identity: Identity,
  loadAlert: LoadAlertIncident,
  input: ExplainInput,
): Promise<IncidentScope | null> {
  const now = core.clock()
  if (input.alertId != null && input.webhookId != null)
    throw badInput('input.webhookId', 'cannot be combined with alertId; expected one of them')
  const scope = readScope(identity, input.tenantId, 'input.tenantId')
  if (scope === null) return null
  const tenantId = scope === 'all' ? null : scope.tenantId
  if (input.alertId != null) {
    const id = uuidOf('alr', input.alertId, 'input.alertId')
    const alert = await loadAlert(identity, id)
    if (!alert) throw notFound('alert', publicId('alr', id))
    const since = alert.startedAt.getTime() - alert.windowSeconds * 1_000
    const until = Math.min(alert.resolvedAt?.getTime() ?? now, since + MAX_RANGE_MS)
    return {
      since,
      until: Math.max(until, alert.startedAt.getTime() + 1),
      tenantId: alert.tenantId ?? tenantId,
      alert: { ...alert, id },
      webhook: null,
    }
  }
  const range = rangeOf(input, now)
  if (input.webhookId == null) return { ...range, tenantId, alert: null, webhook: null }
  const webhook = await loadWebhook(core, identity, uuidOf('whk', input.webhookId, 'input.webhookId'))
  return { ...range, tenantId: webhook.tenantId ?? tenantId, alert: null, webhook }
}

function rangeOf({ webhookId, since, until }: ExplainInput, now: number): { since: number; until: number } {
  if (since == null && webhookId == null) throw badInput('input', 'is empty; expected alertId, webhookId or since')
  const to = Math.min(until?.getTime() ?? now, now)
  const from = since?.getTime() ?? to - DAY_MS
  if (from >= to) throw badInput('input.since', 'is not before until, or lies in the future')
  if (to - from > MAX_RANGE_MS) throw badInput('input.since', 'makes a range of over 7 days; expected at most 7 days')
  return { since: from, until: to }
}
