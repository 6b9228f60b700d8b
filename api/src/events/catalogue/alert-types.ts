import { type BuiltinType, list, name, number, type PayloadSchema, text } from './builtin-type.ts'

const object = (description: string) => ({ type: ['object', 'null'], description })

/** What the events of an alert have in common. A message that tells of several alerts carries the first one's, and a list. */
const ALERT: PayloadSchema = {
  type: 'object',
  required: ['ruleName'],
  properties: {
    rule: text('id of the rule'),
    ruleName: name('its name'),
    alert: text('id of the alert'),
    status: text('of the alert: FIRING, ACKNOWLEDGED, RESOLVED'),
    severity: text("the alert's severity"),
    source: text('source of the events'),
    matched: number('matching events within the window'),
    threshold: number('how many it takes'),
    windowSeconds: number('length of the window'),
    filters: object('eventType, source and severity of the rule; null for any'),
    group: object('values of what the rule groups by'),
    reason: text('why, in words'),
    startedAt: text('when it was raised (RFC 3339)'),
    link: text('where the console shows it'),
    events: list('the newest of the events that it counted'),
    tenants: object('events counted by tenant, of a rule that counts every tenant'),
    alertCount: number('alerts that one message tells of, where they are several'),
    alerts: list('those alerts, each with its group and its link'),
    silencedBy: text('id of the silence that holds the notification'),
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

/** What happens to alerts. */
export const ALERT_TYPES: readonly BuiltinType[] = [
  {
    name: 'ops.alert.raised',
    description: 'As many events matched a rule within its window as its threshold says.',
    defaultSeverity: 'CRITICAL',
    schema: ALERT,
    example: EXAMPLE,
  },
  {
    name: 'ops.alert.repeated',
    description: 'An alert still fires, nobody has acknowledged it, and its repeat interval or its silence has ended.',
    defaultSeverity: 'CRITICAL',
    schema: ALERT,
    example: EXAMPLE,
  },
  {
    name: 'ops.alert.acknowledged',
    description: 'Somebody works on an alert: it does not repeat any more.',
    defaultSeverity: 'INFO',
    schema: ALERT,
    example: { ...EXAMPLE, status: 'ACKNOWLEDGED', reason: 'Acknowledged by Mika: on it' },
  },
  {
    name: 'ops.alert.resolved',
    description: 'An alert is over: its window is clean, somebody resolved it, or its rule is gone.',
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
    description: 'A silence ends soon: in 15 minutes, or in a quarter of its time where that is less.',
    defaultSeverity: 'WARNING',
    schema: {
      type: 'object',
      required: ['silence', 'endsAt'],
      properties: {
        silence: name('id of the silence'),
        endsAt: name('when it ends (RFC 3339)'),
        reason: text('why it was created'),
        matchers: object('what it matches'),
        heldBack: number('notifications that it has held back'),
        firing: number('alerts that fire and that it holds now'),
      },
    },
    example: {
      silence: 'sil_01h455vb4pex5vsknk084sn02q',
      endsAt: '2026-03-01T14:00:00Z',
      reason: 'database is moved',
      matchers: { source: 'postgres' },
      heldBack: 3,
      firing: 1,
    },
  },
]

/** What AetherLink sees of its own work and pages its operators for, by the self-watching rules. */
export const SELF_WATCHING_TYPES: readonly BuiltinType[] = [
  {
    name: 'webhook.dead_letters',
    description:
      "Deliveries of a webhook ended as dead letters since the last look, 15 s before. AetherLink's own events about webhooks and operations are left out.",
    defaultSeverity: 'ERROR',
    schema: {
      type: 'object',
      required: ['webhookId', 'count'],
      properties: {
        webhookId: name('id of the webhook'),
        count: { type: 'integer', description: 'dead letters since the last look' },
        name: text('name of the webhook'),
        lastError: text('what the newest of them failed of'),
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
    description: 'Deliveries that are due, and that nothing holds, have waited for more than a minute.',
    defaultSeverity: 'ERROR',
    schema: {
      type: 'object',
      required: ['waiting', 'oldestSeconds'],
      properties: {
        waiting: { type: 'integer', description: 'deliveries that wait, up to 10,000' },
        oldestSeconds: number('how long the oldest has been due'),
        webhooks: number('webhooks that they are for'),
      },
    },
    example: { waiting: 1200, oldestSeconds: 95, webhooks: 3 },
  },
  {
    name: 'ops.deliveries.recovered',
    description: 'The recovery sweep found deliveries that a worker or a queue had lost, and sends them.',
    defaultSeverity: 'WARNING',
    schema: {
      type: 'object',
      required: ['count'],
      properties: { count: { type: 'integer', description: 'deliveries that were found' } },
    },
    example: { count: 17 },
  },
]
