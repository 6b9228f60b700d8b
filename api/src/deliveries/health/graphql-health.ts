import { checkBuckets, MAX_BUCKETS } from '../../db/timeline.ts'
import { builder } from '../../graphql/builder.ts'
import { costs } from '../../graphql/limits/cost.ts'
import { HealthStatus, TimeWindow } from '../../graphql/types/enums.ts'
import { Webhook } from '../../webhooks/graphql.ts'
import type { WebhookRow } from '../../webhooks/load.ts'
import { visibleText } from '../../webhooks/visible-url.ts'
import { ErrorKind } from '../graphql-inputs.ts'
import { type FailingWebhook as Failing, failingWebhooks } from './failing-webhooks.ts'
import { type HealthBucket, type HealthError, healthStatus, NO_ATTEMPTS } from './health.ts'
import { healthKey, healthLoader, timelineKey, timelineLoader } from './loaders.ts'

const WebhookHealthError = builder.objectRef<HealthError>('WebhookHealthError').implement({
  description: 'Failed attempts of a webhook with the same error.',
  fields: (t) => ({
    errorKind: t.expose('errorKind', { description: 'The kind of error.', type: ErrorKind }),
    statusCode: t.exposeInt('statusCode', {
      description: 'The HTTP status of the answers; null without an answer.',
      nullable: true,
    }),
    count: t.exposeInt('count', { description: 'Number of attempts.' }),
    lastAt: t.expose('lastAt', { description: 'When the newest of them began.', type: 'DateTime' }),
  }),
})

const LATENCY = 'of the attempts that succeeded, in milliseconds, at most 9 % off; null when none did.'

const WebhookHealthBucket = builder.objectRef<HealthBucket>('WebhookHealthBucket').implement({
  description: 'Attempts to deliver to a webhook within a time bucket.',
  fields: (t) => ({
    start: t.expose('start', {
      description: 'Start of the bucket; it ends where the next one starts.',
      type: 'DateTime',
    }),
    delivered: t.exposeInt('delivered', { description: 'Number of successful attempts.' }),
    failed: t.exposeInt('failed', { description: 'Number of failed attempts.' }),
    latencyP50Ms: t.exposeFloat('latencyP50Ms', { description: `Median latency ${LATENCY}`, nullable: true }),
    latencyP95Ms: t.exposeFloat('latencyP95Ms', {
      description: `95th percentile of the latency ${LATENCY}`,
      nullable: true,
    }),
    errors: t.expose('errors', {
      description: 'The failed attempts by error, most frequent first.',
      type: [WebhookHealthError],
      extensions: costs({ rows: 5 }),
    }),
  }),
})

const FailingWebhook = builder.objectRef<Failing>('FailingWebhook').implement({
  description: 'A webhook with failed attempts within a time window.',
  fields: (t) => ({
    webhook: t.expose('webhook', { description: 'The webhook.', type: Webhook }),
    delivered: t.exposeInt('delivered', { description: 'Number of successful attempts.' }),
    failed: t.exposeInt('failed', { description: 'Number of failed attempts.' }),
    successRate: t.float({
      description: 'Share of the attempts that succeeded, 0 to 1.',
      resolve: ({ delivered, failed }) => delivered / (delivered + failed),
    }),
    latencyP95Ms: t.exposeFloat('latencyP95Ms', {
      description: `95th percentile of the latency ${LATENCY}`,
      nullable: true,
    }),
    errors: t.expose('errors', {
      description: 'The failed attempts by error, most frequent first.',
      type: [WebhookHealthError],
      extensions: costs({ rows: 5 }),
    }),
  }),
})

builder.queryField('failingWebhooks', (t) =>
  t.field({
    description: 'The webhooks with the most failed attempts of a time window, worst first. Tests are not counted.',
    type: [FailingWebhook],
    authScopes: { viewer: true },
    extensions: costs({ self: 200, rows: { arg: 'first', max: 100 } }),
    args: {
      window: t.arg({ description: 'The time window.', type: TimeWindow, defaultValue: 'LAST_24H' }),
      tenantId: t.arg.string({ description: 'Only webhooks of this tenant; default: all visible tenants.' }),
      first: t.arg.int({ description: 'The number of webhooks, 1 to 100.', defaultValue: 10 }),
    },
    resolve: (_root, { window, tenantId, first }, { core, identity }) =>
      failingWebhooks(core, identity, { window: window ?? 'LAST_24H', tenantId, first: first ?? 10 }),
  }),
)

interface HealthParent {
  webhook: WebhookRow
  window: TimeWindow
}

const WebhookHealth = builder.objectRef<HealthParent>('WebhookHealth').implement({
  description:
    'Results of the attempts to deliver to a webhook within a time window. Tests of the webhook (testWebhook) are not counted.',
  fields: (t) => {
    const numbers = async ({ webhook, window }: HealthParent, context: Parameters<typeof healthLoader>[0]) =>
      (await healthLoader(context).load(healthKey(window, webhook.id))) ?? NO_ATTEMPTS
    return {
      status: t.field({
        description:
          'OK: at least 99 of 100 attempts succeeded. DEGRADED: fewer. DOWN: only failures, a circuit that is not closed, or disabled. UNKNOWN: no attempts.',
        type: HealthStatus,
        resolve: async (parent, _args, context) => healthStatus(parent.webhook, await numbers(parent, context)),
      }),
      total: t.int({
        description: 'Attempts made.',
        resolve: async (parent, _args, context) => (await numbers(parent, context)).total,
      }),
      delivered: t.int({
        description: 'Number of successful attempts.',
        resolve: async (parent, _args, context) => (await numbers(parent, context)).delivered,
      }),
      failed: t.int({
        description: 'Number of failed attempts.',
        resolve: async (parent, _args, context) => (await numbers(parent, context)).failed,
      }),
      deadLetter: t.int({
        description: 'Number of deliveries that became dead letters.',
        resolve: async (parent, _args, context) => (await numbers(parent, context)).deadLetter,
      }),
      successRate: t.float({
        description: 'Share of the attempts that succeeded, 0 to 1; null without attempts.',
        nullable: true,
        resolve: async (parent, _args, context) => {
          const { total, delivered } = await numbers(parent, context)
          return total === 0 ? null : delivered / total
        },
      }),
      latencyP50Ms: t.float({
        description: `Median latency ${LATENCY}`,
        nullable: true,
        resolve: async (parent, _args, context) => (await numbers(parent, context)).latencyP50Ms,
      }),
      latencyP95Ms: t.float({
        description: `95th percentile of the latency ${LATENCY}`,
        nullable: true,
        resolve: async (parent, _args, context) => (await numbers(parent, context)).latencyP95Ms,
      }),
      lastSuccessAt: t.field({
        description: 'When the newest successful attempt began.',
        type: 'DateTime',
        nullable: true,
        resolve: async (parent, _args, context) => (await numbers(parent, context)).lastSuccessAt,
      }),
      lastFailureAt: t.field({
        description: 'When the newest failed attempt began.',
        type: 'DateTime',
        nullable: true,
        resolve: async (parent, _args, context) => (await numbers(parent, context)).lastFailureAt,
      }),
      lastError: t.string({
        description: 'The error of the newest failed attempt; null when its record has been pruned.',
        nullable: true,
        resolve: async (parent, _args, context) => {
          const { lastError } = await numbers(parent, context)
          return lastError && visibleText(context.identity, parent.webhook, lastError, [parent.webhook.url])
        },
      }),
      errors: t.field({
        description: 'The failed attempts by error, most frequent first.',
        type: [WebhookHealthError],
        extensions: costs({ rows: 5 }),
        resolve: async (parent, _args, context) => (await numbers(parent, context)).errors,
      }),
      timeline: t.field({
        description: 'The window in equal time buckets, oldest first, including empty ones.',
        type: [WebhookHealthBucket],
        extensions: costs({ self: 50, rows: { arg: 'buckets', max: MAX_BUCKETS } }),
        args: { buckets: t.arg.int({ description: 'The number of buckets, 1 to 500.', defaultValue: 24 }) },
        resolve: async ({ webhook, window }, { buckets }, context) => {
          const key = timelineKey(window, checkBuckets(buckets ?? 24), webhook.id)
          return (await timelineLoader(context).load(key)) ?? []
        },
      }),
    }
  },
})

builder.objectField(Webhook, 'health', (t) =>
  t.field({
    description: 'The health of its receiver.',
    type: WebhookHealth,
    extensions: costs({ self: 50 }),
    args: { window: t.arg({ description: 'The time window.', type: TimeWindow, defaultValue: 'LAST_24H' }) },
    resolve: (webhook, { window }) => ({ webhook, window: window ?? 'LAST_24H' }),
  }),
)
