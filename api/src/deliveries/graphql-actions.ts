import type { DeliveryAttempt as AttemptRow } from '../../../prisma/generated/client/client.ts'
import { builder } from '../graphql/builder.ts'
import { uuidOf } from '../kit/ids.ts'
import type { Sender } from '../webhooks/send.ts'
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
  description: 'What a request came to that was sent on demand.',
  fields: (t) => ({
    attempt: t.expose('attempt', { description: 'The request and its answer.', type: DeliveryAttempt }),
  }),
})

builder.mutationFields((t) => {
  const id = t.arg.id({ required: true, description: 'A delivery (dlv_...).' })
  const webhookId = t.arg.id({ required: true, description: 'A webhook (whk_...).' })
  return {
    replayDelivery: t.field({
      description:
        'Sends its event again, as a new delivery that is linked to it. CONFLICT while a replay of it is under way, or when it was delivered, recovered or not tried yet, unless forced.',
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
      args: { id: webhookId },
      resolve: async (_root, args, context) => ({
        attempt: await testWebhook(context.core, context, uuidOf('whk', args.id, 'id'), context.sender),
      }),
    }),
    probeWebhook: t.field({
      description:
        'Sends its next waiting delivery now, whatever the circuit says, and answers the attempt. On an open circuit it is a probe: a success closes the circuit, a failure costs no attempt. CONFLICT when the webhook is paused or disabled, when a probe is under way, and when nothing waits.',
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
