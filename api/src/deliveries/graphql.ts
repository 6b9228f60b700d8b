import { Event } from '../events/graphql.ts'
import { builder } from '../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../graphql/connection.ts'
import type { Context } from '../graphql/context.ts'
import { costs } from '../graphql/limits/cost.ts'
import { idOf, Node, registerNode } from '../graphql/node.ts'
import { notFound } from '../kit/errors.ts'
import { publicId } from '../kit/ids.ts'
import { Webhook } from '../webhooks/graphql.ts'
import type { WebhookRow } from '../webhooks/load.ts'
import { anyWebhookLoader } from '../webhooks/loaders.ts'
import { forecastOf, ReplayForecast } from './forecast/graphql-forecast.ts'
import { DeliveryAttempt } from './graphql-attempt.ts'
import { DeliveryFilter, DeliveryStatus, ErrorKind, HoldReason } from './graphql-inputs.ts'
import type { DeliveryRow } from './read/delivery-where.ts'
import { holdReasonOf } from './read/hold-reason.ts'
import { DELIVERY_KEY, listDeliveries } from './read/list.ts'
import {
  attemptsLoader,
  deliveredEventLoader,
  deliveryLoader,
  loaded,
  MAX_ATTEMPTS,
  MAX_REPLAYS,
  replaysLoader,
} from './read/loaders.ts'
import { shownTarget, shownText } from './read/visible.ts'
import './graphql-stats.ts'

export const Delivery = builder.objectRef<DeliveryRow>('Delivery')

Delivery.implement({
  description: 'An event on its way to one webhook. It arrives at least once: receivers drop doubles by webhook-id.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with dlv_.', resolve: idOf('dlv') }),
    status: t.expose('status', { description: 'What has become of it.', type: DeliveryStatus }),
    holdReason: t.field({
      description: 'Why it is not being sent now, while it waits; null when only its time has not come.',
      type: HoldReason,
      nullable: true,
      resolve: async (delivery, _args, context) =>
        holdReasonOf(delivery, await anyWebhookLoader(context).load(delivery.webhookId), context.core.clock()),
    }),
    event: t.field({
      description: 'The event that it carries.',
      type: Event,
      resolve: async (delivery, _args, context) =>
        found(await deliveredEventLoader(context).load(delivery.eventId), 'event', publicId('evt', delivery.eventId)),
    }),
    eventType: t.exposeString('eventType', { description: 'The type of its event.' }),
    webhook: t.field({
      description: 'Where it goes; also when that webhook has been deleted meanwhile.',
      type: Webhook,
      resolve: (delivery, _args, context) => webhookOf(delivery, context),
    }),
    subject: t.exposeString('subject', { description: 'The subject of its event.', nullable: true }),
    targetUrl: t.string({
      description:
        'The URL of the last attempt, or of the next one before there was any. Of a chat service, below OPERATOR, only host and last characters.',
      resolve: (delivery, _args, context) => shownTarget(context, delivery),
    }),
    tenantId: t.exposeString('tenantId', {
      description: 'The tenant whose webhook it goes to; null: the installation.',
      nullable: true,
    }),
    attemptCount: t.exposeInt('attemptCount', { description: 'Attempts made.' }),
    maxAttempts: t.exposeInt('maxAttempts', {
      description: 'Attempts it has in all. A probe of an open circuit costs none.',
    }),
    nextAttemptAt: t.expose('nextAttemptAt', {
      description: 'When it is due; null once it is final.',
      type: 'DateTime',
      nullable: true,
    }),
    createdAt: t.expose('createdAt', { description: 'When it was made.', type: 'DateTime' }),
    completedAt: t.expose('completedAt', { description: 'When it became final.', type: 'DateTime', nullable: true }),
    lastAttemptAt: t.expose('lastAttemptAt', {
      description: 'When its last attempt ended.',
      type: 'DateTime',
      nullable: true,
    }),
    changedAt: t.expose('changedAt', {
      description:
        'Its last change: completedAt, else lastAttemptAt, else createdAt. Windows are about this, and lists are in its order.',
      type: 'DateTime',
    }),
    lastStatusCode: t.exposeInt('lastStatusCode', { description: 'The status of the last answer.', nullable: true }),
    lastError: t.string({
      description: 'Why the last attempt failed, or why it was cancelled.',
      nullable: true,
      resolve: (delivery, _args, context) => delivery.lastError && shownText(context, delivery, delivery.lastError),
    }),
    lastErrorKind: t.expose('lastErrorKind', {
      description: 'How the last attempt failed.',
      type: ErrorKind,
      nullable: true,
    }),
    replayOf: t.field({
      description: 'The delivery that this one is a replay of.',
      type: Delivery,
      nullable: true,
      resolve: ({ replayOfId }, _args, context) =>
        replayOfId === null ? null : deliveryLoader(context).load(replayOfId),
    }),
    replays: t.field({
      description: `Its replays, oldest first; the newest ${MAX_REPLAYS} of them.`,
      type: [Delivery],
      extensions: costs({ rows: 5 }),
      resolve: async ({ id }, _args, context) => (await replaysLoader(context).load(id)) ?? [],
    }),
    recoveredBy: t.field({
      description:
        'The replay that arrived, for a DEAD_LETTER or CANCELLED delivery: such a delivery is recovered, and so are other dead replays of it.',
      type: Delivery,
      nullable: true,
      resolve: ({ status, recoveredById }, _args, context) =>
        recoveredById === null || (status !== 'DEAD_LETTER' && status !== 'CANCELLED')
          ? null
          : deliveryLoader(context).load(recoveredById),
    }),
    attempts: t.field({
      description: `Its attempts, oldest first; the newest ${MAX_ATTEMPTS} of them.`,
      type: [DeliveryAttempt],
      extensions: costs({ rows: 10 }),
      resolve: async ({ id }, _args, context) => (await attemptsLoader(context).load(id)) ?? [],
    }),
    forecast: t.field({
      description: 'How likely a replay would succeed now, for FAILED and DEAD_LETTER.',
      type: ReplayForecast,
      nullable: true,
      resolve: (delivery, _args, context) => forecastOf(context, delivery),
    }),
  }),
})

async function webhookOf(delivery: DeliveryRow, context: Context): Promise<WebhookRow> {
  const webhook = await anyWebhookLoader(context).load(delivery.webhookId)
  return found(webhook, 'webhook', publicId('whk', delivery.webhookId))
}

function found<Row>(row: Row | null, what: string, id: string): Row {
  if (row === null) throw notFound(what, id)
  return row
}

registerNode('dlv', Delivery, async (ids, context) => loaded(await deliveryLoader(context).loadMany(ids)))

export const DeliveryConnection = connectionType(Delivery, { totalCount: true })

builder.queryField('deliveries', (t) =>
  t.field({
    description:
      'Deliveries within reach, the last changed first. One that changes while somebody pages moves to the top: pages never repeat it.',
    type: DeliveryConnection,
    authScopes: { viewer: true },
    args: { filter: t.arg({ description: 'What to narrow it to.', type: DeliveryFilter }), ...pageArgs(t) },
    resolve: (_root, { filter, ...page }, { core, identity }) => {
      const list = listDeliveries(core, identity, filter)
      return connection(page, list.fetch, list.count, DELIVERY_KEY)
    },
  }),
)
