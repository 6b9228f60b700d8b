import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import { compileGlobs } from '../../kit/globs.ts'
import type { WebhookRow } from '../../webhooks/load.ts'
import type { DeliveryRow } from './delivery-where.ts'
import { holdReasonOf } from './hold-reason.ts'

export type DeliveryMatch =
  | 'DELIVERED'
  | 'IN_PROGRESS'
  | 'HELD'
  | 'FAILED'
  | 'NOT_SUBSCRIBED'
  | 'WEBHOOK_DISABLED'
  | 'WEBHOOK_CREATED_LATER'

/** Why one webhook received an event, or why it did not. */
export interface Explanation {
  webhook: WebhookRow
  outcome: DeliveryMatch
  reason: string
  delivery: DeliveryRow | null
}

/** The recipients of an alert's event. The alert's rule chooses them instead of the subscriptions. */
export interface NotificationRoute {
  ruleName: string
  /**
   * The webhooks that the rule named at that time. If empty, the event went to every webhook that subscribes to
   * ops.alert.*.
   */
  webhookIds: readonly string[]
  /** Why no webhook received this event; null if it was sent. */
  unsent: 'SILENCED' | 'IN_ANOTHER_MESSAGE' | null
  /** The severity of the alert. It is compared with the subscriptions instead of the event's severity. */
  severity: Severity
}

export interface ExplainedEvent {
  tenantId: string | null
  type: string
  severity: Severity
  receivedAt: Date
}

const RANK: Record<Severity, number> = { INFO: 0, WARNING: 1, ERROR: 2, CRITICAL: 3 }

/**
 * One row for each webhook that has a delivery of the event or could have received it. A webhook could have received it
 * if it is global or belongs to the event's tenant, or if the event is a system event of a tenant-visible type.
 * Webhooks that were deleted before the event are omitted. `deliveries` are all deliveries of the event, including
 * replays; the newest one of a webhook determines its row. `route` is null unless the event belongs to an alert.
 */
export function explain(
  event: ExplainedEvent,
  webhooks: readonly WebhookRow[],
  deliveries: readonly DeliveryRow[],
  { visibleToTenants, route }: { visibleToTenants: boolean; route: NotificationRoute | null },
): Explanation[] {
  const newest = new Map<string, DeliveryRow>()
  for (const delivery of deliveries) {
    const latest = newest.get(delivery.webhookId)
    if (!latest || latest.id < delivery.id) newest.set(delivery.webhookId, delivery)
  }
  const rows: Explanation[] = []
  for (const webhook of webhooks) {
    const delivery = newest.get(webhook.id) ?? null
    if (delivery) {
      const { outcome, reason } = ofDelivery(delivery, webhook)
      rows.push({ webhook, delivery, outcome, reason: `${reason}${chosenWords(route, webhook)}` })
    } else if (reaches(event, webhook, visibleToTenants) && !deletedBefore(webhook, event.receivedAt)) {
      rows.push({ webhook, delivery, ...ofNone(event, webhook, route) })
    }
  }
  return rows
}

function reaches(event: ExplainedEvent, webhook: WebhookRow, visibleToTenants: boolean): boolean {
  if (webhook.tenantId === null || webhook.tenantId === event.tenantId) return true
  return event.tenantId === null && visibleToTenants
}

/**
 * Adds the name of the alert rule if the rule chose the webhook, because then the subscription does not explain the
 * delivery.
 */
const chosenWords = (route: NotificationRoute | null, webhook: WebhookRow): string =>
  route?.webhookIds.includes(webhook.id) ? `; the alert rule "${route.ruleName}" notifies this webhook` : ''

const deletedBefore = (webhook: WebhookRow, at: Date) => webhook.deletedAt !== null && webhook.deletedAt < at

type Verdict = Pick<Explanation, 'outcome' | 'reason'>

const HELD = {
  WEBHOOK_PAUSED: 'is paused',
  WEBHOOK_DISABLED: 'is disabled',
  CIRCUIT_OPEN: 'has an open circuit after repeated failures',
  RATE_LIMITED: 'has reached its rate limit',
  CONCURRENCY_LIMITED: 'has reached its concurrency limit',
} as const

function ofDelivery(delivery: DeliveryRow, webhook: WebhookRow): Verdict {
  const attempts = `${delivery.attemptCount} of ${delivery.maxAttempts} attempts`
  const error = delivery.lastError ? `: ${delivery.lastError}` : ''
  const again = delivery.replayOfId === null ? '' : 'as a replay, '
  switch (delivery.status) {
    case 'DELIVERED':
      return {
        outcome: 'DELIVERED',
        reason: `it was delivered ${again}after ${attempts}, at ${delivery.completedAt?.toISOString()}`,
      }
    case 'DEAD_LETTER':
      return { outcome: 'FAILED', reason: `${attempts} failed and none is left${error}` }
    case 'CANCELLED':
      return { outcome: 'FAILED', reason: `it was cancelled after ${attempts}${error}` }
    default: {
      const hold = holdReasonOf(delivery, webhook)
      if (hold) return { outcome: 'HELD', reason: `it waits, because the webhook ${HELD[hold]}` }
      if (delivery.status === 'PENDING')
        return { outcome: 'IN_PROGRESS', reason: 'its first attempt is running or about to start' }
      return {
        outcome: 'IN_PROGRESS',
        reason: `${attempts} failed, the next is at ${delivery.nextAttemptAt?.toISOString()}${error}`,
      }
    }
  }
}

function ofNone(event: ExplainedEvent, webhook: WebhookRow, route: NotificationRoute | null): Verdict {
  if (route?.unsent)
    return {
      outcome: 'NOT_SUBSCRIBED',
      reason:
        route.unsent === 'SILENCED'
          ? 'a silence suppressed the notification, so nobody received it'
          : 'another event of the same rule announced this alert too, because several alerts share one message',
    }
  if (route && route.webhookIds.length > 0)
    return route.webhookIds.includes(webhook.id)
      ? withoutSubscription(event, webhook)
      : { outcome: 'NOT_SUBSCRIBED', reason: `the alert rule "${route.ruleName}" notifies other webhooks` }
  return withSubscription(route ? { ...event, severity: route.severity } : event, webhook)
}

function withSubscription(event: ExplainedEvent, webhook: WebhookRow): Verdict {
  if (!compileGlobs(webhook.eventTypes)(event.type)) {
    return {
      outcome: 'NOT_SUBSCRIBED',
      reason: `its globs [${webhook.eventTypes.join(', ')}] do not match ${event.type}`,
    }
  }
  if (RANK[event.severity] < RANK[webhook.minSeverity]) {
    return {
      outcome: 'NOT_SUBSCRIBED',
      reason: `its minimum severity ${webhook.minSeverity} is above ${event.severity}`,
    }
  }
  return withoutSubscription(event, webhook)
}

/** Why a webhook that should receive the event has no delivery of it. */
function withoutSubscription(event: ExplainedEvent, webhook: WebhookRow): Verdict {
  const later = webhook.createdAt.getTime() - event.receivedAt.getTime()
  if (later > 0)
    return { outcome: 'WEBHOOK_CREATED_LATER', reason: `it was created ${duration(later)} after the event` }
  if (webhook.deletedAt !== null) {
    return {
      outcome: 'WEBHOOK_DISABLED',
      reason: `it was disabled then, or its delivery has been pruned; it was deleted at ${webhook.deletedAt.toISOString()}`,
    }
  }
  if (webhook.state === 'DISABLED') {
    return {
      outcome: 'WEBHOOK_DISABLED',
      reason: `it is disabled${webhook.disabledReason ? `: ${webhook.disabledReason}` : ''}`,
    }
  }
  return {
    outcome: 'NOT_SUBSCRIBED',
    reason:
      'its current settings match, but it was disabled or had other settings when the event was received, or the delivery has been pruned',
  }
}

function duration(ms: number): string {
  if (ms < 1_000) return `${ms} ms`
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} days`
}
