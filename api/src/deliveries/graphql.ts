import type { DeliveryAttempt as AttemptRow } from '../../../prisma/generated/client/client.ts'
import { Event } from '../events/graphql.ts'
import { builder } from '../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../graphql/connection.ts'
import type { Context } from '../graphql/context.ts'
import { costs } from '../graphql/limits/cost.ts'
import { idOf, Node, registerNode } from '../graphql/node.ts'
import { notFound } from '../kit/errors.ts'
import { publicId, uuidOf } from '../kit/ids.ts'
import { Webhook } from '../webhooks/graphql.ts'
import type { WebhookRow } from '../webhooks/load.ts'
import { anyWebhookLoader } from '../webhooks/loaders.ts'
import type { Sender } from '../webhooks/send.ts'
import { cancelDelivery } from './cancel.ts'
import { DeliveryFilter, DeliveryStatus, ErrorKind, HoldReason } from './graphql-inputs.ts'
import type { DeliveryRow } from './read/delivery-filter.ts'
import { holdReasonOf } from './read/hold-reason.ts'
import { listDeliveries } from './read/list.ts'
import {
  attemptLoader,
  attemptsLoader,
  deliveredEventLoader,
  deliveryLoader,
  lastAttemptLoader,
  MAX_ATTEMPTS,
  MAX_REPLAYS,
  recentLoader,
  replaysLoader,
} from './read/loaders.ts'
import { type Forecast, forecast, NO_RECENT } from './replay/forecast.ts'
import type { Replay } from './replay/replay.ts'
import { testWebhook } from './test-webhook.ts'
import './graphql-stats.ts'

declare module '../graphql/context.ts' {
  interface Services {
    sender: Sender
    replay: Replay
  }
}

const DeliveryAttempt = builder.objectRef<AttemptRow>('DeliveryAttempt').implement({
  description: 'One request to a webhook, and what came back.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with att_.', resolve: idOf('att') }),
    number: t.exposeInt('number', { description: 'Counted from 1.' }),
    startedAt: t.expose('startedAt', { description: 'When the request began.', type: 'DateTime' }),
    durationMs: t.exposeFloat('durationMs', { description: 'Milliseconds that the whole request took.' }),
    statusCode: t.exposeInt('statusCode', {
      description: 'The status of the answer; null when none came.',
      nullable: true,
    }),
    errorKind: t.expose('errorKind', {
      description: 'Why it failed; null when it arrived.',
      type: ErrorKind,
      nullable: true,
    }),
    error: t.exposeString('error', { description: 'Why it failed, in words.', nullable: true }),
    requestHeaders: t.field({
      description: 'What was sent. Values whose name speaks of a secret read "[redacted]".',
      type: 'JSON',
      resolve: (attempt) => attempt.requestHeaders,
    }),
    responseHeaders: t.field({
      description: 'What was answered; null when nothing was.',
      type: 'JSON',
      nullable: true,
      resolve: (attempt) => attempt.responseHeaders,
    }),
    responseBody: t.exposeString('responseBody', {
      description: 'The first 16 KiB of what was answered; null when nothing was.',
      extensions: costs({ self: 20 }),
      nullable: true,
    }),
    responseBodyTruncated: t.exposeBoolean('responseBodyTruncated', { description: 'Whether there was more of it.' }),
  }),
})

registerNode('att', DeliveryAttempt, async (ids, context) => present(await attemptLoader(context).loadMany(ids)))

const ReplayForecast = builder.objectRef<Forecast>('ReplayForecast').implement({
  description: 'How likely a replay would arrive now.',
  fields: (t) => ({
    likelihood: t.exposeFloat('likelihood', { description: '0 to 1.' }),
    basis: t.exposeString('basis', { description: 'What that rests on, in words.' }),
  }),
})

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
    targetUrl: t.exposeString('targetUrl', {
      description: 'The URL of the last attempt, or of the next one before there was any.',
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
    lastStatusCode: t.exposeInt('lastStatusCode', { description: 'The status of the last answer.', nullable: true }),
    lastError: t.exposeString('lastError', {
      description: 'What the last attempt failed of, or why it was cancelled.',
      nullable: true,
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
    attempts: t.field({
      description: `Its attempts, oldest first; the newest ${MAX_ATTEMPTS} of them.`,
      type: [DeliveryAttempt],
      extensions: costs({ rows: 10 }),
      resolve: async ({ id }, _args, context) => (await attemptsLoader(context).load(id)) ?? [],
    }),
    forecast: t.field({
      description: 'How likely another attempt would arrive now, for FAILED and DEAD_LETTER.',
      type: ReplayForecast,
      nullable: true,
      resolve: forecastOf,
    }),
  }),
})

async function webhookOf(delivery: DeliveryRow, context: Context): Promise<WebhookRow> {
  const webhook = await anyWebhookLoader(context).load(delivery.webhookId)
  return found(webhook, 'webhook', publicId('whk', delivery.webhookId))
}

async function forecastOf(delivery: DeliveryRow, _args: object, context: Context): Promise<Forecast | null> {
  if (delivery.status !== 'FAILED' && delivery.status !== 'DEAD_LETTER') return null
  const [webhook, recent, lastAttempt] = await Promise.all([
    webhookOf(delivery, context),
    recentLoader(context).load(delivery.webhookId),
    delivery.completedAt ?? lastAttemptLoader(context).load(delivery.id),
  ])
  const failedAt = lastAttempt ?? delivery.createdAt
  return forecast({ delivery: { ...delivery, failedAt }, webhook, recent: recent ?? NO_RECENT })
}

function found<Row>(row: Row | null, what: string, id: string): Row {
  if (row === null) throw notFound(what, id)
  return row
}

function present<Row extends { id: string }>(rows: ReadonlyArray<Row | null | Error>): Map<string, Row> {
  return new Map(rows.flatMap((row) => (row === null || row instanceof Error ? [] : [[row.id, row] as const])))
}

registerNode('dlv', Delivery, async (ids, context) => present(await deliveryLoader(context).loadMany(ids)))

export const DeliveryConnection = connectionType(Delivery, { totalCount: true })

builder.queryField('deliveries', (t) =>
  t.field({
    description: 'Deliveries within reach, newest first.',
    type: DeliveryConnection,
    authScopes: { viewer: true },
    args: { filter: t.arg({ description: 'What to narrow it to.', type: DeliveryFilter }), ...pageArgs(t) },
    resolve: (_root, { filter, ...page }, { core, identity }) => {
      const list = listDeliveries(core, identity, filter)
      return connection(page, list.fetch, list.count)
    },
  }),
)

const DeliveryPayload = builder.objectRef<{ delivery: DeliveryRow }>('DeliveryPayload').implement({
  description: 'The delivery as it is now.',
  fields: (t) => ({ delivery: t.expose('delivery', { description: 'The delivery as it is now.', type: Delivery }) }),
})

const ReplayDeliveryPayload = builder
  .objectRef<{ delivery: DeliveryRow; original: DeliveryRow }>('ReplayDeliveryPayload')
  .implement({
    description: 'A replay and what it is a replay of.',
    fields: (t) => ({
      delivery: t.expose('delivery', { description: 'The new delivery, with attempts of its own.', type: Delivery }),
      original: t.expose('original', { description: 'What was replayed, as it is now.', type: Delivery }),
    }),
  })

const TestWebhookPayload = builder.objectRef<{ attempt: AttemptRow }>('TestWebhookPayload').implement({
  description: 'What a test came to.',
  fields: (t) => ({
    attempt: t.expose('attempt', { description: 'The request and its answer.', type: DeliveryAttempt }),
  }),
})

builder.mutationFields((t) => {
  const id = t.arg.id({ required: true, description: 'A delivery (dlv_...).' })
  return {
    replayDelivery: t.field({
      description:
        'Sends its event again, as a new delivery that is linked to it. CONFLICT while a replay of it is under way, or when it was delivered or not tried yet, unless forced.',
      type: ReplayDeliveryPayload,
      authScopes: { operator: true },
      audit: { action: 'delivery.replay', target: 'delivery' },
      args: {
        id,
        force: t.arg.boolean({ description: 'Replays it all the same.', defaultValue: false }),
      },
      resolve: async (_root, args, context) => {
        const uuid = uuidOf('dlv', args.id, 'id')
        const { original, replay } = await context.replay(context, uuid, { force: args.force ?? false })
        return { original, delivery: replay }
      },
    }),
    cancelDelivery: t.field({
      description: 'Gives up a delivery that is still open. CONFLICT when it is final, or being sent at this moment.',
      type: DeliveryPayload,
      authScopes: { operator: true },
      audit: { action: 'delivery.cancel', target: 'delivery' },
      args: {
        id,
        reason: t.arg.string({ required: true, description: 'Why, 1 to 500 characters; kept as its last error.' }),
      },
      resolve: async (_root, args, context) => ({
        delivery: await cancelDelivery(context.core, context, uuidOf('dlv', args.id, 'id'), args.reason),
      }),
    }),
    testWebhook: t.field({
      description:
        'Sends a signed webhook.test request now, whatever state the webhook is in, and answers what came of it.',
      type: TestWebhookPayload,
      authScopes: { operator: true },
      audit: { action: 'webhook.test', target: 'webhook' },
      args: { id: t.arg.id({ required: true, description: 'A webhook (whk_...).' }) },
      resolve: async (_root, args, context) => ({
        attempt: await testWebhook(context.core, context, uuidOf('whk', args.id, 'id'), context.sender),
      }),
    }),
  }
})
