import { MAX_BUCKETS } from '../db/timeline.ts'
import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { Webhook } from '../webhooks/graphql.ts'
import { ErrorKind } from './graphql-inputs.ts'
import { DeliveryBucketType } from './graphql-stats.ts'
import { type FailureCause, failureCauses } from './read/failure-causes.ts'
import { shownText } from './read/visible.ts'

const FailureCauseType = builder.objectRef<FailureCause>('FailureCause').implement({
  description:
    'Failures of one webhook with one error: unrecovered dead letters, and deliveries that are still retried after it. 4xx responses with different status codes are different causes.',
  fields: (t) => ({
    webhook: t.expose('webhook', { description: 'The webhook.', type: Webhook }),
    errorKind: t.expose('errorKind', { description: 'Kind of the error.', type: ErrorKind }),
    statusCode: t.exposeInt('statusCode', {
      description: 'HTTP status of the responses for a 4xx cause, otherwise null.',
      nullable: true,
    }),
    unrecovered: t.exposeInt('unrecovered', { description: 'Dead letters that no replay has recovered.' }),
    open: t.exposeInt('open', {
      description:
        'Deliveries that retry after this error and, for the newest cause of a webhook, those that wait behind its open circuit.',
    }),
    oldestAt: t.expose('oldestAt', { description: 'When the oldest failure last failed.', type: 'DateTime' }),
    newestAt: t.expose('newestAt', { description: 'Time of the newest failure.', type: 'DateTime' }),
    sampleError: t.string({
      description: 'Error message of the newest failure.',
      resolve: async ({ sample }, _args, context) => (await shownText(context, sample, sample.lastError ?? '')) ?? '',
    }),
    likelihood: t.exposeFloat('likelihood', { description: 'Likelihood that a replay would succeed now, 0 to 1.' }),
    basis: t.exposeString('basis', { description: 'Explanation of the likelihood.' }),
    timeline: t.field({
      description:
        'The last 24 hours, oldest first: failures of this cause and successes of its webhook. The buckets are about equally long; their inner limits are rounded to hours, ten minutes or minutes.',
      type: [DeliveryBucketType],
      extensions: costs({ self: 100, rows: { arg: 'buckets', max: MAX_BUCKETS } }),
      args: { buckets: t.arg.int({ description: 'Number of buckets, 1 to 500.', defaultValue: 24 }) },
      resolve: (cause, { buckets }) => cause.timeline(buckets ?? 24),
    }),
    filter: t.field({
      description: 'A DeliveryFilter that finds the unrecovered deliveries.',
      type: 'JSON',
      resolve: ({ filter }) => filter,
    }),
  }),
})

builder.queryField('failureCauses', (t) =>
  t.field({
    description:
      'Current causes of failure, most unrecovered dead letters first. They are a state, without a time window.',
    type: [FailureCauseType],
    extensions: costs({ self: 500, rows: { arg: 'first', max: 200 } }),
    authScopes: { viewer: true },
    args: {
      tenantId: t.arg.string({ description: 'Only this tenant; default: all visible tenants.' }),
      first: t.arg.int({ description: 'Maximum number of rows, 1 to 200.', defaultValue: 20 }),
    },
    resolve: (_root, { tenantId, first }, { core, identity }) =>
      failureCauses(core, identity, { tenantId, first: first ?? 20 }),
  }),
)
