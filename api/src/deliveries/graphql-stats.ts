import { MAX_BUCKETS } from '../db/timeline.ts'
import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { DeliveryFilter } from './graphql-inputs.ts'
import { LATENCY_SAMPLE } from './read/pace.ts'
import { type DeliveryBucket, type DeliveryStats, deliveryStats } from './read/stats.ts'

export const DeliveryBucketType = builder.objectRef<DeliveryBucket>('DeliveryBucket').implement({
  description: 'Deliveries that last changed within a time range, by their state now.',
  fields: (t) => ({
    start: t.expose('start', { description: 'Its beginning; it ends where the next one begins.', type: 'DateTime' }),
    delivered: t.exposeInt('delivered', { description: 'Those that arrived.' }),
    failed: t.exposeInt('failed', { description: 'Those whose last attempt failed, with another scheduled.' }),
    deadLetter: t.exposeInt('deadLetter', { description: 'Those without any attempts left.' }),
  }),
})

export const DeliveryStatsType = builder.objectRef<DeliveryStats>('DeliveryStats').implement({
  description:
    'Figures over the deliveries that match a filter. Each is computed only when it is asked for. States (pending, failed, nearFailure, held, unrecovered, recovered, oldestPendingAt) are true now and ignore the window; the rest is about deliveries that last changed within it.',
  fields: (t) => ({
    pending: t.int({
      description: 'PENDING and FAILED: still to be delivered.',
      resolve: async (stats) => (await stats.open()).pending,
    }),
    nearFailure: t.int({
      description: 'Of those, the ones that have failed before and have one attempt left.',
      resolve: async (stats) => (await stats.open()).nearFailure,
    }),
    held: t.int({
      description: 'Open deliveries with a hold reason.',
      resolve: (stats) => stats.held(),
    }),
    unrecovered: t.int({
      description:
        'Dead letters that no replay has recovered. A replay of a dead letter that dies too is not counted besides it.',
      resolve: async (stats) => (await stats.recovery()).unrecovered,
    }),
    recovered: t.int({
      description: 'Dead letters and cancelled deliveries in whose place a replay arrived.',
      resolve: async (stats) => (await stats.recovery()).recovered,
    }),
    delivered: t.int({
      description: 'Those that arrived within the window.',
      resolve: async (stats) => (await stats.final()).delivered,
    }),
    failed: t.int({
      description: 'FAILED: the last attempt failed, another is scheduled.',
      resolve: async (stats) => (await stats.open()).failed,
    }),
    deadLetter: t.int({
      description: 'Dead letters of the window, recovered or not.',
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
      description: 'The time range of the filter in equal buckets, oldest first, the empty ones included.',
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
