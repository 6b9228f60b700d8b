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
    'Failures of one webhook with one error: unrecovered dead letters, and deliveries that are still retried after it. 4xx answers with different status codes are different causes.',
  fields: (t) => ({
    webhook: t.expose('webhook', { description: 'The webhook.', type: Webhook }),
    errorKind: t.expose('errorKind', { description: 'How they failed.', type: ErrorKind }),
    statusCode: t.exposeInt('statusCode', {
      description: 'The HTTP status of the answers, of a 4xx cause; else null.',
      nullable: true,
    }),
    unrecovered: t.exposeInt('unrecovered', { description: 'Dead letters that no replay has recovered.' }),
    open: t.exposeInt('open', {
      description:
        'Deliveries that are retried after this error; for the newest cause of a webhook, also those that wait behind its open circuit.',
    }),
    oldestAt: t.expose('oldestAt', { description: 'When the oldest of them last failed.', type: 'DateTime' }),
    newestAt: t.expose('newestAt', { description: 'When the newest of them failed.', type: 'DateTime' }),
    sampleError: t.string({
      description: 'The error of the newest.',
      resolve: async ({ sample }, _args, context) => (await shownText(context, sample, sample.lastError ?? '')) ?? '',
    }),
    likelihood: t.exposeFloat('likelihood', { description: 'How likely a replay would arrive now, 0 to 1.' }),
    basis: t.exposeString('basis', { description: 'What the likelihood rests on, in words.' }),
    timeline: t.field({
      description:
        'The last 24 hours in equal buckets, oldest first: failures of this cause, and what arrived at its webhook.',
      type: [DeliveryBucketType],
      extensions: costs({ self: 100, rows: { arg: 'buckets', max: MAX_BUCKETS } }),
      args: { buckets: t.arg.int({ description: 'How many, 1 to 500.', defaultValue: 24 }) },
      resolve: (cause, { buckets }) => cause.timeline(buckets ?? 24),
    }),
    filter: t.field({
      description: 'A DeliveryFilter that finds the unrecovered ones.',
      type: 'JSON',
      resolve: ({ filter }) => filter,
    }),
  }),
})

builder.queryField('failureCauses', (t) =>
  t.field({
    description: 'What is failing now, most unrecovered dead letters first. A state: no time window narrows it.',
    type: [FailureCauseType],
    extensions: costs({ self: 500, rows: { arg: 'first', max: 200 } }),
    authScopes: { viewer: true },
    args: {
      tenantId: t.arg.string({ description: 'Of this tenant; of all within reach when left out.' }),
      first: t.arg.int({ description: 'At most so many, 1 to 200.', defaultValue: 20 }),
    },
    resolve: (_root, { tenantId, first }, { core, identity }) =>
      failureCauses(core, identity, { tenantId, first: first ?? 20 }),
  }),
)
