import { builder } from '../graphql/builder.ts'
import { Severity } from '../graphql/enums.ts'

export const WebhookKind = builder.enumType('WebhookKind', {
  description: 'The format of what a webhook is sent.',
  values: {
    STANDARD: { description: 'The event as JSON, signed per Standard Webhooks (standardwebhooks.com).' },
    SLACK: { description: "A message for Slack's incoming webhooks." },
    TEAMS: { description: 'An Adaptive Card for Microsoft Teams.' },
    DISCORD: { description: "A message for Discord's webhooks." },
  } as const,
})

export const WebhookState = builder.enumType('WebhookState', {
  description: 'Whether a webhook is sent to.',
  values: {
    ENABLED: { description: 'Deliveries are made and sent.' },
    PAUSED: { description: 'Deliveries are made and wait until it is resumed.' },
    DISABLED: {
      description: 'Switched off, by lasting failure or a 410: no deliveries are made, and those there are wait.',
    },
  } as const,
})

export const WebhookFilter = builder.inputType('WebhookFilter', {
  description: 'What to narrow a list of webhooks to. An empty list does not narrow it.',
  fields: (t) => ({
    tenantId: t.string({ description: "One tenant's." }),
    states: t.field({ description: 'With one of these statuses.', type: [WebhookState] }),
    kinds: t.field({ description: 'Of one of these formats.', type: [WebhookKind] }),
    eventType: t.string({ description: 'That take events of this type, such as order.created.' }),
    search: t.string({ description: 'With this in the name or the URL, in whatever case.' }),
  }),
})

/** Fields that both inputs share. */
const ABOUT = {
  name: 'A name for people to read, 1 to 200 characters.',
  url: 'An http or https URL that is not in a private network (WEBHOOK_ALLOWED_CIDRS opens some), without credentials.',
  eventTypes:
    'Globs of the types it takes, at most 100, where * stands for any run of characters; [] means every type.',
  minSeverity: 'It takes events from this severity on.',
  maxConcurrency: 'At most so many requests under way at once, 1 to 256; 16 when left out.',
  timeoutMs: 'Milliseconds that a whole request may take, 100 to 120,000; 15,000 when left out, unless set otherwise.',
  retrySchedule: 'Seconds before each retry, at most 30 of 1 to 86,400; [] is one attempt.',
  circuitBreaker: 'Whether deliveries wait while the receiver is down, instead of spending their attempts.',
}

export const CreateWebhookInput = builder.inputType('CreateWebhookInput', {
  description: 'A new webhook. Null counts as left out.',
  fields: (t) => ({
    name: t.string({ required: true, description: ABOUT.name }),
    url: t.string({ required: true, description: ABOUT.url }),
    kind: t.field({ description: 'The format of what is sent.', type: WebhookKind, defaultValue: 'STANDARD' }),
    tenantId: t.string({
      description:
        "Whose it is; the caller's own tenant when left out, and the whole installation's when the caller has none.",
    }),
    eventTypes: t.stringList({ required: true, description: ABOUT.eventTypes }),
    minSeverity: t.field({ description: ABOUT.minSeverity, type: Severity, defaultValue: 'INFO' }),
    ratePerSecond: t.int({ description: 'At most so many requests a second, 1 to 10,000; no bound when left out.' }),
    maxConcurrency: t.int({ description: ABOUT.maxConcurrency }),
    timeoutMs: t.int({ description: ABOUT.timeoutMs }),
    retrySchedule: t.intList({
      description: `${ABOUT.retrySchedule} 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h when left out.`,
    }),
    circuitBreaker: t.boolean({ description: ABOUT.circuitBreaker, defaultValue: true }),
    headers: t.field({
      description: 'Custom request headers: an object of at most 32 names and their text. Kept encrypted.',
      type: 'JSON',
    }),
    secret: t.string({
      description: 'A signing secret to take over: whsec_ and 24 to 64 bytes in base64. One is made when left out.',
    }),
  }),
})

export const UpdateWebhookInput = builder.inputType('UpdateWebhookInput', {
  description: 'What to change of a webhook; what is left out stays. Null is taken where it says something.',
  fields: (t) => ({
    name: t.string({ description: ABOUT.name }),
    url: t.string({ description: ABOUT.url }),
    eventTypes: t.stringList({ description: ABOUT.eventTypes }),
    minSeverity: t.field({ description: ABOUT.minSeverity, type: Severity }),
    ratePerSecond: t.int({ description: 'At most so many requests a second, 1 to 10,000; null: no bound.' }),
    maxConcurrency: t.int({ description: ABOUT.maxConcurrency }),
    timeoutMs: t.int({ description: ABOUT.timeoutMs }),
    retrySchedule: t.intList({ description: ABOUT.retrySchedule }),
    circuitBreaker: t.boolean({ description: ABOUT.circuitBreaker }),
    headers: t.field({
      description:
        'All custom request headers, in place of those before; null: none. A value "[redacted]" keeps what that header has.',
      type: 'JSON',
    }),
  }),
})
