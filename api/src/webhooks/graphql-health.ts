import { checkBuckets, MAX_BUCKETS } from '../db/timeline.ts'
import { builder } from '../graphql/builder.ts'
import { HealthStatus, type TimeWindow } from '../graphql/enums.ts'
import { costs } from '../graphql/limits/cost.ts'
import { type HealthBucket, healthStatus, NO_ATTEMPTS } from './health.ts'
import type { WebhookRow } from './load.ts'
import { healthKey, healthLoader, timelineKey, timelineLoader } from './loaders.ts'
import { visibleText } from './visible-url.ts'

const WebhookHealthBucket = builder.objectRef<HealthBucket>('WebhookHealthBucket').implement({
  description: 'Attempts to a webhook within a stretch of time.',
  fields: (t) => ({
    start: t.expose('start', { description: 'Its beginning; it ends where the next one begins.', type: 'DateTime' }),
    delivered: t.exposeInt('delivered', { description: 'Attempts that arrived.' }),
    failed: t.exposeInt('failed', { description: 'Attempts that failed.' }),
    latencyP50Ms: t.exposeFloat('latencyP50Ms', {
      description: 'Half of the requests that arrived took at most so many milliseconds; null when none arrived.',
      nullable: true,
    }),
    latencyP95Ms: t.exposeFloat('latencyP95Ms', {
      description: '95 of 100 requests that arrived took at most so many milliseconds; null when none arrived.',
      nullable: true,
    }),
  }),
})

interface HealthParent {
  webhook: WebhookRow
  window: TimeWindow
}

export const WebhookHealth = builder.objectRef<HealthParent>('WebhookHealth').implement({
  description:
    'What attempts to deliver to a webhook came to within a window. Tests of the webhook (testWebhook) are not counted.',
  fields: (t) => {
    const numbers = async ({ webhook, window }: HealthParent, context: Parameters<typeof healthLoader>[0]) =>
      (await healthLoader(context).load(healthKey(window, webhook.id))) ?? NO_ATTEMPTS
    return {
      status: t.field({
        description:
          'OK: at least 99 of 100 attempts arrived. DEGRADED: fewer. DOWN: nothing but failures, a circuit that is not closed, or disabled. UNKNOWN: no attempts.',
        type: HealthStatus,
        resolve: async (parent, _args, context) => healthStatus(parent.webhook, await numbers(parent, context)),
      }),
      total: t.int({
        description: 'Attempts made.',
        resolve: async (parent, _args, context) => (await numbers(parent, context)).total,
      }),
      delivered: t.int({
        description: 'Attempts that arrived.',
        resolve: async (parent, _args, context) => (await numbers(parent, context)).delivered,
      }),
      failed: t.int({
        description: 'Attempts that failed.',
        resolve: async (parent, _args, context) => (await numbers(parent, context)).failed,
      }),
      deadLetter: t.int({
        description: 'Deliveries that ended without any attempts left.',
        resolve: async (parent, _args, context) => (await numbers(parent, context)).deadLetter,
      }),
      successRate: t.float({
        description: 'Part of the attempts that arrived, 0 to 1; null without attempts.',
        nullable: true,
        resolve: async (parent, _args, context) => {
          const { total, delivered } = await numbers(parent, context)
          return total === 0 ? null : delivered / total
        },
      }),
      latencyP50Ms: t.float({
        description: 'Half of the requests that arrived took at most so many milliseconds; null when none arrived.',
        nullable: true,
        resolve: async (parent, _args, context) => (await numbers(parent, context)).latencyP50Ms,
      }),
      latencyP95Ms: t.float({
        description: '95 of 100 requests that arrived took at most so many milliseconds; null when none arrived.',
        nullable: true,
        resolve: async (parent, _args, context) => (await numbers(parent, context)).latencyP95Ms,
      }),
      lastSuccessAt: t.field({
        description: 'When the newest attempt that arrived began.',
        type: 'DateTime',
        nullable: true,
        resolve: async (parent, _args, context) => (await numbers(parent, context)).lastSuccessAt,
      }),
      lastFailureAt: t.field({
        description: 'When the newest attempt that failed began.',
        type: 'DateTime',
        nullable: true,
        resolve: async (parent, _args, context) => (await numbers(parent, context)).lastFailureAt,
      }),
      lastError: t.string({
        description: 'What the newest attempt that failed came to.',
        nullable: true,
        resolve: async (parent, _args, context) => {
          const { lastError } = await numbers(parent, context)
          return lastError && visibleText(context.identity, parent.webhook, lastError, [parent.webhook.url])
        },
      }),
      timeline: t.field({
        description: 'The window in equal pieces, oldest first, the empty ones included.',
        type: [WebhookHealthBucket],
        extensions: costs({ self: 50, rows: { arg: 'buckets', max: MAX_BUCKETS } }),
        args: { buckets: t.arg.int({ description: 'How many, 1 to 500.', defaultValue: 24 }) },
        resolve: async ({ webhook, window }, { buckets }, context) => {
          const key = timelineKey(window, checkBuckets(buckets ?? 24), webhook.id)
          return (await timelineLoader(context).load(key)) ?? []
        },
      }),
    }
  },
})
