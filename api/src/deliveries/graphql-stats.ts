import { MAX_BUCKETS } from '../db/timeline.ts'
import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { DeliveryFilter } from './graphql-inputs.ts'
import { LATENCY_SAMPLE } from './read/pace.ts'
import { type DeliveryBucket, type DeliveryStats, deliveryStats } from './read/stats.ts'

export const DeliveryBucketType = builder.objectRef<DeliveryBucket>('DeliveryBucket').implement({
  description: 'Deliveries that last changed within a time range, by current status.',
  fields: (t) => ({
    start: t.expose('start', {
      description: 'Start of the interval; it ends where the next one starts.',
      type: 'DateTime',
    }),
    delivered: t.exposeInt('delivered', { description: 'Delivered.' }),
    failed: t.exposeInt('failed', { description: 'Last attempt failed, the next one is scheduled.' }),
    deadLetter: t.exposeInt('deadLetter', { description: 'No attempts left.' }),
  }),
})

export const DeliveryStatsType = builder.objectRef<DeliveryStats>('DeliveryStats').implement({
  description:
    'Statistics over the deliveries that match a filter. Each figure is computed only if selected. States (pending, failed, nearFailure, held, unrecovered, recovered, oldestPendingAt) are current and ignore the window; all other figures are about deliveries that last changed within it.',
  fields: (t) => ({
    pending: t.int({
      description: 'PENDING and FAILED: still to be delivered.',
      resolve: async (stats) => (await stats.open()).pending,
    }),
    nearFailure: t.int({
      description: 'The number of them that have failed before and have one attempt left.',
      resolve: async (stats) => (await stats.open()).nearFailure,
    }),
    held: t.int({
      description: 'Open deliveries with a hold reason.',
      resolve: (stats) => stats.held(),
    }),
    unrecovered: t.int({
      description:
        'Dead letters that no replay has recovered. A dead replay of a dead letter is not counted separately.',
      resolve: async (stats) => (await stats.recovery()).unrecovered,
    }),
    recovered: t.int({
      description: 'Dead letters and cancelled deliveries with a delivered replay.',
      resolve: async (stats) => (await stats.recovery()).recovered,
    }),
    delivered: t.int({
      description: 'Delivered within the window.',
      resolve: async (stats) => (await stats.final()).delivered,
    }),
    failed: t.int({
      description: 'FAILED: the last attempt failed, the next one is scheduled.',
      resolve: async (stats) => (await stats.open()).failed,
    }),
    deadLetter: t.int({
      description: 'Dead letters of the window, recovered or not.',
      resolve: async (stats) => (await stats.final()).deadLetter,
    }),
    successRate: t.float({
      description: 'delivered / (delivered + deadLetter), 0 to 1; null if both are 0.',
      nullable: true,
      resolve: (stats) => stats.successRate(),
    }),
    oldestPendingAt: t.field({
      description: 'Creation time of the oldest open delivery.',
      type: 'DateTime',
      nullable: true,
      resolve: (stats) => stats.oldestPendingAt(),
    }),
    deliveredPerSecond: t.float({
      description: 'Successful deliveries per second, averaged over the last minute.',
      resolve: (stats) => stats.deliveredPerSecond(),
    }),
    latencyP95Ms: t.float({
      description: `95th percentile of the milliseconds from publish to delivery, over the newest ${LATENCY_SAMPLE} deliveries that succeeded at the first attempt.`,
      nullable: true,
      resolve: (stats) => stats.latencyP95Ms(),
    }),
    timeline: t.field({
      description:
        'The time range of the filter in buckets including empty ones, oldest first. They are about equally long; their inner limits are rounded to hours, ten minutes or minutes.',
      type: [DeliveryBucketType],
      extensions: costs({ self: 1_000, rows: { arg: 'buckets', max: MAX_BUCKETS } }),
      args: { buckets: t.arg.int({ description: 'Number of buckets, 1 to 500.', defaultValue: 60 }) },
      resolve: (stats, { buckets }) => stats.timeline(buckets ?? 60),
    }),
  }),
})

builder.queryField('deliveryStats', (t) =>
  t.field({
    description: 'Statistics over visible deliveries.',
    type: DeliveryStatsType,
    // The cost of all figures together: they need three statements that read many rows.
    extensions: costs({ self: 2_000 }),
    authScopes: { viewer: true },
    args: { filter: t.arg({ description: 'Filter; conditions are combined with AND.', type: DeliveryFilter }) },
    resolve: (_root, { filter }, { core, identity }) => deliveryStats(core, identity, filter),
  }),
)
