import type { SkipReason as SkipReasonValue } from '../../../../prisma/generated/client/enums.ts'
import { builder } from '../../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../../graphql/connection.ts'
import { costs } from '../../graphql/limits/cost.ts'
import { byId } from '../../graphql/loader.ts'
import { idOf, Node, registerNode } from '../../graphql/node.ts'
import { Actor } from '../../graphql/types/actor.ts'
import { notFound } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import { Webhook } from '../../webhooks/graphql.ts'
import { RECOMMENDED_LIKELIHOOD } from '../forecast/forecast.ts'
import { Delivery } from '../graphql.ts'
import { deliveryLoader } from '../read/loaders.ts'
import { type BulkReplayItemRow, itemsPage } from './items.ts'
import { type BulkReplayPreview as Preview, SAMPLE_SIZE, type WebhookPreview } from './preview.ts'
import { type BulkReplayRow, bulkReplaysById, type SkipCounts, skippedOf } from './rows.ts'

export const BulkReplayStatus = builder.enumType('BulkReplayStatus', {
  description: 'The state of a bulk replay.',
  values: {
    DRY_RUN: { description: 'Only a preview: nothing is stored or replayed.' },
    RUNNING: { description: 'Deliveries wait to be replayed, or replays wait for their first attempt.' },
    COMPLETED: {
      description: 'Every delivery was skipped, or its replay was attempted. Replays may still be retried.',
    },
    CANCELLED: { description: 'A user cancelled it.' },
    FAILED: { description: 'It could not continue; see error.' },
  } as const,
})

export const SkipReason = builder.enumType('SkipReason', {
  description: 'The reason why a delivery was not replayed.',
  values: {
    NOT_FOUND: { description: 'The delivery does not exist, is not visible, or was pruned.' },
    ALREADY_DELIVERED: { description: 'It is delivered.' },
    ALREADY_RECOVERED: { description: 'A replay of it was delivered.' },
    REPLAY_UNDER_WAY: { description: 'A replay of it is in progress.' },
    STILL_OPEN: { description: 'It waits for its first attempt, or is being sent.' },
    EXPIRED: { description: 'Its event has expired (expiresAt).' },
    WEBHOOK_DISABLED: { description: 'Its webhook is disabled or deleted.' },
    WEBHOOK_UNHEALTHY: { description: 'Its webhook is down, and skipUnhealthy is true.' },
    UNLIKELY: { description: 'Its forecast is below minLikelihood.' },
    CANARY_FAILED: { description: "The first attempt of its webhook's canary failed." },
    STOPPED: {
      description:
        'Too many consecutive replays to its webhook failed with the same error kind, or the bulk replay could not continue.',
    },
    CANCELLED: { description: 'The bulk replay was cancelled first.' },
  } as const,
})

const BulkReplayOutcome = builder.enumType('BulkReplayOutcome', {
  description: 'The outcome of a bulk replay for one delivery.',
  values: {
    WAITING: { description: 'It waits to be replayed.' },
    SENT: { description: 'It was replayed, and waits for its first attempt.' },
    DELIVERED: { description: 'The replay was delivered.' },
    FAILED: { description: 'The last attempt of the replay failed. It may be retried.' },
    SKIPPED: { description: 'It was not replayed; see skipReason.' },
  } as const,
})

export const BulkReplaySkip = builder
  .objectRef<{ reason: SkipReasonValue; count: number }>('BulkReplaySkip')
  .implement({
    description: 'The number of deliveries that are skipped for one reason.',
    fields: (t) => ({
      reason: t.expose('reason', { description: 'Why.', type: SkipReason }),
      count: t.exposeInt('count', { description: 'How many.' }),
    }),
  })

/** Skip reasons with their counts, most frequent first. */
export const skipList = (skips: SkipCounts): { reason: SkipReasonValue; count: number }[] =>
  Object.entries(skips)
    .map(([reason, count]) => ({ reason: reason as SkipReasonValue, count }))
    .sort((a, b) => b.count - a.count)

const BulkReplayItem = builder.objectRef<BulkReplayItemRow>('BulkReplayItem').implement({
  description: 'A delivery of a bulk replay.',
  fields: (t) => ({
    original: t.field({
      description: 'The delivery that was selected.',
      type: Delivery,
      resolve: async ({ id }, _args, context) => {
        const delivery = await deliveryLoader(context).load(id)
        if (!delivery) throw notFound('delivery', publicId('dlv', id))
        return delivery
      },
    }),
    replay: t.field({
      description: 'Its replay; null: none yet, or it was skipped.',
      type: Delivery,
      nullable: true,
      resolve: ({ replayId }, _args, context) => (replayId ? deliveryLoader(context).load(replayId) : null),
    }),
    outcome: t.expose('outcome', { description: 'The outcome.', type: BulkReplayOutcome }),
    skipReason: t.expose('skipReason', {
      description: 'The reason why it was not replayed; null: it was, or will be.',
      type: SkipReason,
      nullable: true,
    }),
  }),
})

const BulkReplayItemConnection = connectionType(BulkReplayItem)

export const BulkReplay = builder.objectRef<BulkReplayRow>('BulkReplay').implement({
  description:
    'A replay of many deliveries. When it is finished, replayed + skipped is total. After the first attempt of every replay, delivered + failed is replayed.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with blk_.', resolve: idOf('blk') }),
    status: t.expose('status', { description: 'Its state.', type: BulkReplayStatus }),
    total: t.exposeInt('total', {
      description:
        'Number of selected deliveries. An estimate until isSelected, because the job selects those beyond 10,000.',
    }),
    isSelected: t.exposeBoolean('isSelected', {
      description: 'Whether every delivery is selected, and total is exact.',
    }),
    replayed: t.exposeInt('replayed', { description: 'Number of deliveries that were replayed.' }),
    skipped: t.int({
      description: 'Number of deliveries that were not replayed; skips has the reasons.',
      resolve: skippedOf,
    }),
    skips: t.field({
      description: 'The skipped deliveries by reason, most frequent first.',
      type: [BulkReplaySkip],
      extensions: costs({ rows: 4 }),
      resolve: ({ skips }) => skipList(skips),
    }),
    delivered: t.exposeInt('delivered', { description: 'Number of replays that were delivered.' }),
    failed: t.exposeInt('failed', {
      description:
        'Number of replays whose last attempt failed. A replay that is delivered by a retry then counts as delivered.',
    }),
    startedBy: t.field({
      description: 'The user who started it.',
      type: Actor,
      resolve: (row) => ({ kind: row.startedByKind, id: row.startedById, name: row.startedByName }),
    }),
    reason: t.exposeString('reason', { description: 'The reason for it, if given.', nullable: true }),
    tenantId: t.exposeString('tenantId', {
      description: 'The tenant of the deliveries; null: of several.',
      nullable: true,
    }),
    createdAt: t.expose('createdAt', {
      description: 'When it was started. Its filter selects no deliveries that changed later.',
      type: 'DateTime',
    }),
    finishedAt: t.expose('finishedAt', { description: 'When it was finished.', type: 'DateTime', nullable: true }),
    filter: t.field({
      description: 'The DeliveryFilter that selected the deliveries; null: they were selected by ids.',
      type: 'JSON',
      nullable: true,
      resolve: ({ filter }) => filter,
    }),
    paused: t.exposeBoolean('paused', { description: 'Whether it is paused.' }),
    ratePerSecond: t.exposeInt('ratePerSecond', {
      description: 'Its maximum number of replays per second; null: none.',
      nullable: true,
    }),
    canary: t.exposeBoolean('canary', { description: 'Whether each webhook gets a canary first.' }),
    error: t.exposeString('error', { description: 'The reason why it failed.', nullable: true }),
    items: t.field({
      description: 'Its deliveries, newest first, without those that were pruned.',
      type: BulkReplayItemConnection,
      args: {
        ...pageArgs(t),
        outcome: t.arg({ description: 'Only items with this outcome.', type: BulkReplayOutcome }),
      },
      resolve: ({ id }, { outcome, ...page }, context) => connection(page, itemsPage(context, id, outcome ?? null)),
    }),
  }),
})

registerNode('blk', BulkReplay, async (ids, { core, identity }) =>
  byId(await bulkReplaysById(core.db.query, identity.tenantId, ids)),
)

export const BulkReplayConnection = connectionType(BulkReplay)

const BulkReplayWebhookPreview = builder.objectRef<WebhookPreview>('BulkReplayWebhookPreview').implement({
  description: 'The plan of a bulk replay for one webhook.',
  fields: (t) => ({
    webhook: t.expose('webhook', { description: 'The webhook.', type: Webhook }),
    count: t.exposeInt('count', { description: 'Number of deliveries to replay to it.' }),
    likely: t.exposeInt('likely', {
      description: `Number of them whose forecast is ${RECOMMENDED_LIKELIHOOD} or more.`,
    }),
    reachable: t.exposeBoolean('reachable', { description: 'False: it is down now.' }),
    warning: t.exposeString('warning', { description: 'A warning about replaying to it.', nullable: true }),
  }),
})

/** Computes a preview. It is called only if the operation selects one of the preview's fields. */
export type LazyPreview = () => Promise<Preview>

export const BulkReplayPreview = builder.objectRef<LazyPreview>('BulkReplayPreview').implement({
  description: 'The plan of a bulk replay at its start.',
  fields: (t) => ({
    total: t.int({
      description: 'Number of selected deliveries, including the skipped ones.',
      extensions: costs({ self: 100 }),
      resolve: async (preview) => (await preview()).total,
    }),
    byWebhook: t.field({
      description: 'The deliveries to replay, by webhook: most first.',
      type: [BulkReplayWebhookPreview],
      extensions: costs({ rows: 20 }),
      resolve: async (preview) => (await preview()).byWebhook,
    }),
    likely: t.int({
      description: `Number of deliveries to replay whose forecast is ${RECOMMENDED_LIKELIHOOD} or more.`,
      resolve: async (preview) => (await preview()).likely,
    }),
    sample: t.field({
      description: `Some of the deliveries, at most ${SAMPLE_SIZE}.`,
      type: [Delivery],
      extensions: costs({ rows: SAMPLE_SIZE }),
      resolve: async (preview) => (await preview()).sample,
    }),
    skipped: t.field({
      description: 'The deliveries that are not replayed, by reason.',
      type: [BulkReplaySkip],
      extensions: costs({ rows: 4 }),
      resolve: async (preview) => skipList((await preview()).skips),
    }),
  }),
})
