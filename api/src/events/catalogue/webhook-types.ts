import { type BuiltinType, name, number, text } from './builtin-type.ts'

const health = {
  webhookId: name('id of the webhook'),
  name: text('name of the webhook'),
  reason: name('the reason as a sentence'),
  since: text('when it became degraded (RFC 3339)'),
}

/** Types of events about webhooks. */
export const WEBHOOK_TYPES: readonly BuiltinType[] = [
  {
    name: 'webhook.disabled',
    description: 'A webhook was disabled because its receiver answered 410, or failed for 5 days without a success.',
    defaultSeverity: 'ERROR',
    schema: {
      type: 'object',
      required: ['webhookId', 'reason'],
      properties: { webhookId: name('id of the webhook'), name: text('its name'), reason: name('why') },
    },
    example: {
      webhookId: 'whk_01h455vb4pex5vsknk084sn02q',
      name: 'Billing bridge',
      reason: 'The receiver answered 410 Gone: it accepts no more deliveries.',
    },
  },
  {
    name: 'webhook.test',
    description: 'Sent to one webhook by testWebhook. It is not stored as an event.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['message'],
      properties: {
        message: name('explanation for the reader'),
        webhookId: text('id of the webhook'),
        webhookName: text('its name'),
        requestedBy: text('identity that requested the test'),
      },
    },
    example: {
      message: 'This is a test. If you can read this, AetherLink reaches this webhook.',
      webhookId: 'whk_01h455vb4pex5vsknk084sn02q',
      webhookName: 'Billing bridge',
      requestedBy: 'admin',
    },
  },
  {
    name: 'webhook.degraded',
    description:
      'A webhook has become unhealthy: its circuit has opened, or fewer than 90 % of its attempts of 10 minutes succeeded. It is published once, until webhook.recovered.',
    defaultSeverity: 'WARNING',
    schema: { type: 'object', required: ['webhookId', 'reason'], properties: health },
    example: {
      webhookId: 'whk_01h455vb4pex5vsknk084sn02q',
      name: 'Billing bridge',
      reason: '20 of 100 attempts of the last 10 minutes failed.',
      since: '2026-03-01T12:00:00.000Z',
    },
  },
  {
    name: 'webhook.recovered',
    description:
      'A degraded webhook is healthy again: its circuit is closed, and at least 97 % of its attempts of 5 minutes succeeded.',
    defaultSeverity: 'INFO',
    schema: {
      type: 'object',
      required: ['webhookId', 'reason'],
      properties: { ...health, seconds: number('how long it was degraded') },
    },
    example: {
      webhookId: 'whk_01h455vb4pex5vsknk084sn02q',
      name: 'Billing bridge',
      reason: '60 of 60 attempts of the last 5 minutes succeeded.',
      since: '2026-03-01T12:00:00.000Z',
      seconds: 900,
    },
  },
]
