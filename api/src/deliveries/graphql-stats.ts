import { MAX_BUCKETS } from '../db/timeline.ts'
import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { DeliveryFilter } from './graphql-inputs.ts'
import { type DeliveryBucket, type DeliveryStats, deliveryStats, LATENCY_SAMPLE } from './read/stats.ts'

const DeliveryBucketType = builder.objectRef<DeliveryBucket>('DeliveryBucket').implement({
  description: 'Deliveries made within a stretch of time, by what they are now.',
  fields: (t) => ({
    start: t.expose('start', { description: 'Its beginning; it ends where the next one begins.', type: 'DateTime' }),
    delivered: t.exposeInt('delivered', { description: 'Those that arrived.' }),
    failed: t.exposeInt('failed', { description: 'Those whose last attempt failed and that will be tried again.' }),
    deadLetter: t.exposeInt('deadLetter', { description: 'Those without any attempts left.' }),
  }),
})

export const DeliveryStatsType = builder.objectRef<DeliveryStats>('DeliveryStats').implement({
  description: 'Figures over the deliveries that a filter leaves. Each is worked out only when it is asked for.',
  fields: (t) => ({
    pending: t.int({
      description: 'PENDING and FAILED: still to be delivered.',
      resolve: async (stats) => (await stats.open()).pending,
    }),
    nearFailure: t.int({
      description: 'Of those, the ones that have failed before and have one attempt left.',
      resolve: async (stats) => (await stats.open()).nearFailure,
    }),
    delivered: t.int({ description: 'Those that arrived.', resolve: async (stats) => (await stats.final()).delivered }),
    failed: t.int({
      description: 'FAILED: the last attempt failed, another is scheduled.',
      resolve: async (stats) => (await stats.open()).failed,
    }),
    deadLetter: t.int({
      description: 'Those without any attempts left.',
      resolve: async (stats) => (await stats.final()).deadLetter,
    }),
    successRate: t.float({
      description: 'delivered / (delivered + deadLetter), 0 to 1; null while there is neither.',
      nullable: true,
      resolve: (stats) => stats.successRate(),
    }),
    oldestPendingAt: t.field({
      description: 'When the oldest of those still to be delivered was made.',
      type: 'DateTime',
      nullable: true,
      resolve: (stats) => stats.oldestPendingAt(),
    }),
    deliveredPerSecond: t.float({
      description: 'Deliveries that arrived within the last minute, by 60.',
      resolve: (stats) => stats.deliveredPerSecond(),
    }),
    latencyP95Ms: t.float({
      description: `95 of 100 deliveries that arrived at the first attempt took at most so many milliseconds from published to delivered; of the newest ${LATENCY_SAMPLE}.`,
      nullable: true,
      resolve: (stats) => stats.latencyP95Ms(),
    }),
    timeline: t.field({
      description: 'The time of the filter in equal pieces, oldest first, the empty ones included.',
      type: [DeliveryBucketType],
      extensions: costs({ self: 1_000, rows: { arg: 'buckets', max: MAX_BUCKETS } }),
      args: { buckets: t.arg.int({ description: 'How many, 1 to 500.', defaultValue: 60 }) },
      resolve: (stats, { buckets }) => stats.timeline(buckets ?? 60),
    }),
  }),
})

builder.queryField('deliveryStats', (t) =>
  t.field({
    description: 'Figures over deliveries within reach.',
    type: DeliveryStatsType,
    // For all figures together, which are three statements over many rows.
    extensions: costs({ self: 2_000 }),
    authScopes: { viewer: true },
    args: { filter: t.arg({ description: 'What to narrow it to.', type: DeliveryFilter }) },
    resolve: (_root, { filter }, { core, identity }) => deliveryStats(core, identity, filter),
  }),
)
