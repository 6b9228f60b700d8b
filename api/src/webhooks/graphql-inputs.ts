import { builder } from '../graphql/builder.ts'
import { Severity } from '../graphql/types/enums.ts'

export const WebhookKind = builder.enumType('WebhookKind', {
  description: "The format of a webhook's requests.",
  values: {
    STANDARD: { description: 'The event as JSON, signed per Standard Webhooks (standardwebhooks.com).' },
    SLACK: { description: "A message for Slack's incoming webhooks." },
    TEAMS: { description: 'An Adaptive Card for Microsoft Teams.' },
    DISCORD: { description: "A message for Discord's webhooks." },
  } as const,
})

export const WebhookState = builder.enumType('WebhookState', {
  description: 'The state of a webhook.',
  values: {
    ENABLED: { description: 'Deliveries are created and sent.' },
    PAUSED: { description: 'Deliveries are created and wait until it is resumed.' },
    DISABLED: {
      description: 'Disabled after lasting failure or a 410: no deliveries are created, and existing ones wait.',
    },
  } as const,
})

export const WebhookFilter = builder.inputType('WebhookFilter', {
  description: 'Filters a list of webhooks. An empty list does not filter.',
  fields: (t) => ({
    tenantId: t.string({ description: "One tenant's." }),
    states: t.field({ description: 'Only webhooks with one of these states.', type: [WebhookState] }),
    kinds: t.field({ description: 'Only webhooks with one of these formats.', type: [WebhookKind] }),
    eventType: t.string({ description: 'Only webhooks that subscribe to events of this type, such as order.created.' }),
    search: t.string({ description: 'Only webhooks with this text in the name or the URL, ignoring case.' }),
  }),
})

/** Descriptions of the fields that both inputs have. */
const ABOUT = {
  name: 'A name for people to read, 1 to 200 characters.',
  url: 'An http or https URL that is not in a private network (WEBHOOK_ALLOWED_CIDRS allows some), without credentials.',
  eventTypes:
    'Globs of the event types that it subscribes to, at most 100, where * matches any characters; [] means every type.',
  minSeverity: 'The lowest severity of the events that it receives.',
  maxConcurrency: 'Maximum number of concurrent requests, 1 to 256; 16 by default.',
  timeoutMs: 'The timeout of a whole request in milliseconds, 100 to 120,000; WEBHOOK_TIMEOUT_MS by default.',
  retrySchedule: 'The pause before each retry in seconds: at most 30 values of 1 to 86,400; [] means one attempt.',
  circuitBreaker: 'Whether deliveries wait while the receiver is down, instead of using their attempts.',
}

export const CreateWebhookInput = builder.inputType('CreateWebhookInput', {
  description: 'A new webhook. Null counts as absent.',
  fields: (t) => ({
    name: t.string({ required: true, description: ABOUT.name }),
    url: t.string({ required: true, description: ABOUT.url }),
    kind: t.field({ description: 'The format of its requests.', type: WebhookKind, defaultValue: 'STANDARD' }),
    tenantId: t.string({
      description: "Its tenant. Default: the caller's tenant; for a caller without one, the whole installation.",
    }),
    eventTypes: t.stringList({ required: true, description: ABOUT.eventTypes }),
    minSeverity: t.field({ description: ABOUT.minSeverity, type: Severity, defaultValue: 'INFO' }),
    ratePerSecond: t.int({ description: 'Maximum number of requests per second, 1 to 10,000; default: no limit.' }),
    maxConcurrency: t.int({ description: ABOUT.maxConcurrency }),
    timeoutMs: t.int({ description: ABOUT.timeoutMs }),
    retrySchedule: t.intList({
      description: `${ABOUT.retrySchedule} 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h by default.`,
    }),
    circuitBreaker: t.boolean({ description: ABOUT.circuitBreaker, defaultValue: true }),
    headers: t.field({
      description: 'Custom request headers: an object of at most 32 names and their values. Stored encrypted.',
      type: 'JSON',
    }),
    secret: t.string({
      description: 'An existing signing secret: whsec_ and 24 to 64 bytes in base64. Default: a new one.',
    }),
  }),
})

export const UpdateWebhookInput = builder.inputType('UpdateWebhookInput', {
  description:
    'The changes of a webhook; absent fields do not change. Null is accepted for fields in which it has a meaning.',
  fields: (t) => ({
    name: t.string({ description: ABOUT.name }),
    url: t.string({ description: ABOUT.url }),
    eventTypes: t.stringList({ description: ABOUT.eventTypes }),
    minSeverity: t.field({ description: ABOUT.minSeverity, type: Severity }),
    ratePerSecond: t.int({ description: 'Maximum number of requests per second, 1 to 10,000; null: no limit.' }),
    maxConcurrency: t.int({ description: ABOUT.maxConcurrency }),
    timeoutMs: t.int({ description: ABOUT.timeoutMs }),
    retrySchedule: t.intList({ description: ABOUT.retrySchedule }),
    circuitBreaker: t.boolean({ description: ABOUT.circuitBreaker }),
    headers: t.field({
      description:
        'All custom request headers, which replace the earlier ones; null: none. A value "[redacted]" keeps the stored value of that header.',
      type: 'JSON',
    }),
  }),
})
