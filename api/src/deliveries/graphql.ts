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
  description:
    'The delivery of an event to one webhook. Delivery is at least once: receivers deduplicate by webhook-id.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Delivery id, dlv_....', resolve: idOf('dlv') }),
    status: t.expose('status', { description: 'Current status.', type: DeliveryStatus }),
    holdReason: t.field({
      description: 'Why a waiting delivery is not sent now; null if it only waits for its scheduled time.',
      type: HoldReason,
      nullable: true,
      resolve: async (delivery, _args, context) =>
        holdReasonOf(delivery, await anyWebhookLoader(context).load(delivery.webhookId)),
    }),
    event: t.field({
      description: 'The delivered event.',
      type: Event,
      resolve: async (delivery, _args, context) =>
        requireRow(
          await deliveredEventLoader(context).load(delivery.eventId),
          'event',
          publicId('evt', delivery.eventId),
        ),
    }),
    eventType: t.exposeString('eventType', { description: 'Type of its event.' }),
    webhook: t.field({
      description: 'The webhook, even if it has been deleted.',
      type: Webhook,
      resolve: (delivery, _args, context) => webhookOf(delivery, context),
    }),
    subject: t.exposeString('subject', { description: 'Subject of its event.', nullable: true }),
    targetUrl: t.string({
      description:
        'URL of the last attempt, or of the first one before it has run. For chat services, roles below OPERATOR see only the host and the last characters.',
      resolve: (delivery, _args, context) => shownTarget(context, delivery),
    }),
    tenantId: t.exposeString('tenantId', {
      description: 'Tenant of its webhook; null: a global webhook.',
      nullable: true,
    }),
    attemptCount: t.exposeInt('attemptCount', { description: 'Attempts made.' }),
    maxAttempts: t.exposeInt('maxAttempts', {
      description: 'Maximum number of attempts. Probes of an open circuit do not count.',
    }),
    nextAttemptAt: t.expose('nextAttemptAt', {
      description: 'When the next attempt is due; null if it is final.',
      type: 'DateTime',
      nullable: true,
    }),
    createdAt: t.expose('createdAt', { description: 'When it was created.', type: 'DateTime' }),
    completedAt: t.expose('completedAt', { description: 'When it became final.', type: 'DateTime', nullable: true }),
    lastAttemptAt: t.expose('lastAttemptAt', {
      description: 'When its last attempt ended.',
      type: 'DateTime',
      nullable: true,
    }),
    changedAt: t.expose('changedAt', {
      description:
        'Time of the last change: completedAt, otherwise lastAttemptAt, otherwise createdAt. Time windows refer to it, and lists are sorted by it.',
      type: 'DateTime',
    }),
    lastStatusCode: t.exposeInt('lastStatusCode', { description: 'HTTP status of the last response.', nullable: true }),
    lastError: t.string({
      description: 'Why the last attempt failed, or why it was cancelled.',
      nullable: true,
      resolve: (delivery, _args, context) => delivery.lastError && shownText(context, delivery, delivery.lastError),
    }),
    lastErrorKind: t.expose('lastErrorKind', {
      description: 'Error kind of the last attempt.',
      type: ErrorKind,
      nullable: true,
    }),
    replayOf: t.field({
      description: 'The delivery that it replays.',
      type: Delivery,
      nullable: true,
      resolve: ({ replayOfId }, _args, context) =>
        replayOfId === null ? null : deliveryLoader(context).load(replayOfId),
    }),
    replays: t.field({
      description: `Its replays, oldest first; only the newest ${MAX_REPLAYS}.`,
      type: [Delivery],
      extensions: costs({ rows: 5 }),
      resolve: async ({ id }, _args, context) => (await replaysLoader(context).load(id)) ?? [],
    }),
    recoveredBy: t.field({
      description:
        'For a DEAD_LETTER or CANCELLED delivery: the replay that was delivered. The delivery and its dead replays are then recovered.',
      type: Delivery,
      nullable: true,
      resolve: ({ status, recoveredById }, _args, context) =>
        recoveredById === null || (status !== 'DEAD_LETTER' && status !== 'CANCELLED')
          ? null
          : deliveryLoader(context).load(recoveredById),
    }),
    attempts: t.field({
      description: `Its attempts, oldest first; only the newest ${MAX_ATTEMPTS}.`,
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
  return requireRow(webhook, 'webhook', publicId('whk', delivery.webhookId))
}

function requireRow<Row>(row: Row | null, what: string, id: string): Row {
  if (row === null) throw notFound(what, id)
  return row
}

registerNode('dlv', Delivery, async (ids, context) => loaded(await deliveryLoader(context).loadMany(ids)))

export const DeliveryConnection = connectionType(Delivery, { totalCount: true })

builder.queryField('deliveries', (t) =>
  t.field({
    description:
      'Visible deliveries, last changed first. A delivery that changes during paging moves to the top, so later pages do not repeat it.',
    type: DeliveryConnection,
    authScopes: { viewer: true },
    args: {
      filter: t.arg({ description: 'Filter; conditions are combined with AND.', type: DeliveryFilter }),
      ...pageArgs(t),
    },
    resolve: (_root, { filter, ...page }, { core, identity }) => {
      const list = listDeliveries(core, identity, filter)
      return connection(page, list.fetch, list.count, DELIVERY_KEY)
    },
  }),
)
