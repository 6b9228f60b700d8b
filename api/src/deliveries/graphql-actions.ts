import type { DeliveryAttempt as AttemptRow } from '../../../prisma/generated/client/client.ts'
import { builder } from '../graphql/builder.ts'
import { uuidOf } from '../kit/ids.ts'
import type { Sender } from '../webhooks/send/send.ts'
import { cancelDelivery } from './cancel.ts'
import { Delivery } from './graphql.ts'
import { DeliveryAttempt } from './graphql-attempt.ts'
import { probeWebhook } from './probe-webhook.ts'
import type { DeliveryRow } from './read/delivery-where.ts'
import type { Replay } from './replay/replay.ts'
import { testWebhook } from './test-webhook.ts'

declare module '../graphql/context.ts' {
  interface Services {
    sender: Sender
    replay: Replay
  }
}

const DeliveryPayload = builder.objectRef<{ delivery: DeliveryRow }>('DeliveryPayload').implement({
  description: 'The delivery in its new state.',
  fields: (t) => ({
    delivery: t.expose('delivery', { description: 'The delivery in its new state.', type: Delivery }),
  }),
})

const ReplayDeliveryPayload = builder
  .objectRef<{ delivery: DeliveryRow; original: DeliveryRow }>('ReplayDeliveryPayload')
  .implement({
    description: 'A replay and its original.',
    fields: (t) => ({
      delivery: t.expose('delivery', { description: 'The new delivery with its own attempts.', type: Delivery }),
      original: t.expose('original', { description: 'The original delivery in its new state.', type: Delivery }),
    }),
  })

const TestWebhookPayload = builder.objectRef<{ attempt: AttemptRow }>('TestWebhookPayload').implement({
  description: 'Outcome of a request that was sent on demand.',
  fields: (t) => ({
    attempt: t.expose('attempt', { description: 'The request and its response.', type: DeliveryAttempt }),
  }),
})

builder.mutationFields((t) => {
  const id = t.arg.id({ required: true, description: 'A delivery (dlv_...).' })
  const webhookId = t.arg.id({ required: true, description: 'A webhook (whk_...).' })
  return {
    replayDelivery: t.field({
      description:
        'Sends its event again as a new, linked delivery. CONFLICT unless forced: while a replay is in progress, or if the delivery was delivered, recovered or not tried yet.',
      type: ReplayDeliveryPayload,
      authScopes: { operator: true },
      audit: { action: 'delivery.replay', target: 'delivery' },
      args: {
        id,
        force: t.arg.boolean({ description: 'Replay it despite a conflict.', defaultValue: false }),
      },
      resolve: async (_root, args, context) => {
        const uuid = uuidOf('dlv', args.id, 'id')
        const { original, replay } = await context.replay(context, uuid, { force: args.force ?? false })
        return { original, delivery: replay }
      },
    }),
    cancelDelivery: t.field({
      description: 'Cancels an open delivery. CONFLICT if it is final or being sent.',
      type: DeliveryPayload,
      authScopes: { operator: true },
      audit: { action: 'delivery.cancel', target: 'delivery' },
      args: {
        id,
        reason: t.arg.string({ required: true, description: 'Reason, 1 to 500 characters; stored as its last error.' }),
      },
      resolve: async (_root, args, context) => ({
        delivery: await cancelDelivery(context.core, context, uuidOf('dlv', args.id, 'id'), args.reason),
      }),
    }),
    testWebhook: t.field({
      description:
        'Sends a signed webhook.test request now, whatever the state of the webhook, and returns its outcome.',
      type: TestWebhookPayload,
      authScopes: { operator: true },
      audit: { action: 'webhook.test', target: 'webhook' },
      args: { id: webhookId },
      resolve: async (_root, args, context) => ({
        attempt: await testWebhook(context.core, context, uuidOf('whk', args.id, 'id'), context.sender),
      }),
    }),
    probeWebhook: t.field({
      description:
        'Sends its next waiting delivery now, regardless of the circuit, and returns the attempt. With an open circuit it is a probe: a success closes the circuit, a failure does not count as an attempt. CONFLICT if the webhook is paused or disabled, if a probe is in progress, or if nothing waits.',
      type: TestWebhookPayload,
      authScopes: { operator: true },
      audit: { action: 'webhook.probe', target: 'webhook' },
      args: { id: webhookId },
      resolve: async (_root, args, context) => ({
        attempt: await probeWebhook(context.core, context, uuidOf('whk', args.id, 'id')),
      }),
    }),
  }
})
