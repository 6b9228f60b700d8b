import { type BuiltinType, list, name, number, type PayloadSchema, text } from './builtin-type.ts'

const object = (description: string) => ({ type: ['object', 'null'], description })

/**
 * Fields that all alert events share. If a message covers several alerts, these fields are those of the first alert,
 * and a list contains all alerts.
 */
const ALERT: PayloadSchema = {
  type: 'object',
  required: ['ruleName'],
  properties: {
    rule: text('id of the rule'),
    ruleName: name('name of the rule'),
    alert: text('id of the alert'),
    status: text('status of the alert: FIRING, ACKNOWLEDGED, RESOLVED'),
    severity: text("the alert's severity"),
    source: text('source of the events'),
    matched: number('matching events within the window'),
    threshold: number('number of matching events that raises an alert'),
    windowSeconds: number('length of the window'),
    filters: object('eventType, source and severity of the rule; null for any'),
    group: object('values of the fields that the rule groups by'),
    webhookName: text('name of the webhook that the group names, if the tenant may see it'),
    reason: text('reason as a sentence'),
    startedAt: text('when it was raised (RFC 3339)'),
    link: text('address of the alert in the console'),
    events: list('newest matching events'),
    tenants: object('matching events by tenant, for a rule that counts every tenant'),
    alertCount: number('number of alerts in this message, if more than one'),
    alerts: list('the alerts in this message, each with its group and link'),
    silencedBy: text('id of the silence that suppresses the notification'),
  },
}

const EXAMPLE = {
  rule: 'rul_01h455vb4pex5vsknk084sn02q',
  ruleName: 'autoheal-failures-spike',
  alert: 'alr_01h455vb4pex5vsknk084sn02q',
  status: 'FIRING',
  severity: 'critical',
  source: 'aether-auto-heal',
  matched: 4,
  threshold: 3,
  windowSeconds: 300,
  filters: { eventType: 'autoheal.failed', source: null, severity: 'error' },
  group: {},
  reason: '4 events matched within 5 min; the threshold is 3. An alert was raised.',
}

/** Types of the events that report changes of an alert. */
export const ALERT_TYPES: readonly BuiltinType[] = [
  {
    name: 'ops.alert.raised',
    description: 'The events that match a rule within its window have reached its threshold.',
    defaultSeverity: 'CRITICAL',
    schema: ALERT,
    example: EXAMPLE,
  },
  {
    name: 'ops.alert.repeated',
    description: 'An alert still fires without acknowledgement, and its repeat interval or its silence has ended.',
    defaultSeverity: 'CRITICAL',
    schema: ALERT,
    example: EXAMPLE,
  },
  {
    name: 'ops.alert.acknowledged',
    description: 'An alert was acknowledged and no longer repeats.',
    defaultSeverity: 'INFO',
    schema: ALERT,
    example: { ...EXAMPLE, status: 'ACKNOWLEDGED', reason: 'Acknowledged by Mika: on it' },
  },
  {
    name: 'ops.alert.resolved',
    description:
      'An alert has ended: the condition is no longer met, an operator resolved it, or its rule was deleted.',
    defaultSeverity: 'INFO',
    schema: ALERT,
    example: {
      ...EXAMPLE,
      status: 'RESOLVED',
      matched: 1,
      reason: '1 event matched within 5 min; the threshold is 3. The alert is resolved.',
    },
  },
  {
    name: 'ops.alert.silence_ending',
    description: 'A silence ends soon: in 15 minutes or in a quarter of its duration, whichever is less.',
    defaultSeverity: 'WARNING',
    schema: {
      type: 'object',
      required: ['silence', 'endsAt'],
      properties: {
        silence: name('id of the silence'),
        endsAt: name('when it ends (RFC 3339)'),
        reason: text('why it was created'),
        matchers: object('matchers of the silence'),
        heldBack: number('notifications suppressed so far'),
        firing: number('firing alerts that it suppresses now'),
      },
    },
    example: {
      silence: 'sil_01h455vb4pex5vsknk084sn02q',
      endsAt: '2026-03-01T14:00:00Z',
      reason: 'database migration',
      matchers: { source: 'postgres' },
      heldBack: 3,
      firing: 1,
    },
  },
]

/** Types of events that AetherLink publishes about its own health. Built-in alert rules notify operators of them. */
export const SELF_WATCHING_TYPES: readonly BuiltinType[] = [
  {
    name: 'webhook.dead_letters',
    description:
      "Deliveries of a webhook became dead letters within the last 15 seconds. Deliveries of AetherLink's own webhook and operations events are not counted.",
    defaultSeverity: 'ERROR',
    schema: {
      type: 'object',
      required: ['webhookId', 'count'],
      properties: {
        webhookId: name('id of the webhook'),
        count: { type: 'integer', description: 'new dead letters' },
        name: text('name of the webhook'),
        lastError: text('error of the newest dead letter'),
      },
    },
    example: {
      webhookId: 'whk_01h455vb4pex5vsknk084sn02q',
      name: 'Billing bridge',
      count: 12,
      lastError: 'billing.example:443 answered 503 Service Unavailable',
    },
  },
  {
    name: 'ops.queue.delayed',
    description: 'Deliveries have been due for more than a minute although nothing holds them.',
    defaultSeverity: 'ERROR',
    schema: {
      type: 'object',
      required: ['waiting', 'oldestSeconds'],
      properties: {
        waiting: { type: 'integer', description: 'waiting deliveries, up to 10,000' },
        oldestSeconds: number('time since the oldest became due'),
        webhooks: number('number of affected webhooks'),
      },
    },
    example: { waiting: 1200, oldestSeconds: 95, webhooks: 3 },
  },
  {
    name: 'ops.deliveries.recovered',
    description: 'The recovery sweep found deliveries that a worker or a queue had lost, and sends them now.',
    defaultSeverity: 'WARNING',
    schema: {
      type: 'object',
      required: ['count'],
      properties: { count: { type: 'integer', description: 'recovered deliveries' } },
    },
    example: { count: 17 },
  },
]
