import type { EventRow } from '../events/event-row.ts'
import { Event } from '../events/graphql.ts'
import { builder } from '../graphql/builder.ts'
import { connection, pageArgs } from '../graphql/connection.ts'
import type { Context } from '../graphql/context.ts'
import { costs } from '../graphql/limits/cost.ts'
import { createLoader } from '../graphql/loader.ts'
import { Webhook } from '../webhooks/graphql.ts'
import { visibleText } from '../webhooks/visible-url.ts'
import { Delivery, DeliveryConnection } from './graphql.ts'
import { DeliveryMatch } from './graphql-inputs.ts'
import { type Explanation, explain, type NotificationRoute } from './read/explain.ts'
import {
  EVERYBODY,
  eventCountLoader,
  eventDeliveriesLoader,
  eventDeliveriesPage,
  INSTALLATION,
  visibleTypeLoader,
  webhooksOfLoader,
} from './read/loaders.ts'

declare module '../graphql/context.ts' {
  interface Services {
    /**
     * Reads the recipients of alert events, by event UUID. The alerts feature injects this function, because
     * deliveries/ does not import alerts/.
     */
    notificationRoutes: (eventIds: readonly string[]) => Promise<ReadonlyMap<string, NotificationRoute>>
  }
}

const notificationRouteLoader = createLoader<NotificationRoute>((eventIds, { notificationRoutes }) =>
  notificationRoutes(eventIds),
)

const DeliveryExplanation = builder.objectRef<Explanation>('DeliveryExplanation').implement({
  description: 'Why a webhook received an event or did not.',
  fields: (t) => ({
    webhook: t.expose('webhook', { description: 'The webhook.', type: Webhook }),
    outcome: t.expose('outcome', { description: 'Outcome of the event at this webhook.', type: DeliveryMatch }),
    reason: t.string({
      description: 'Reason as text.',
      resolve: ({ webhook, reason, delivery }, _args, { identity }) =>
        visibleText(identity, webhook, reason, [webhook.url, ...(delivery ? [delivery.targetUrl] : [])]),
    }),
    delivery: t.expose('delivery', {
      description: 'Its newest delivery; null if there is none.',
      type: Delivery,
      nullable: true,
    }),
  }),
})

builder.objectFields(Event, (t) => ({
  deliveries: t.field({
    description: 'Its deliveries including replays, newest first.',
    type: DeliveryConnection,
    args: pageArgs(t),
    resolve: ({ id }, page, context) =>
      connection(
        page,
        eventDeliveriesPage(context, id, null),
        async () => (await eventCountLoader(context).load(id)) ?? 0,
      ),
  }),
  deliveryExplanation: t.field({
    description: 'One row for each webhook that could have received it, with the reason why it did or did not.',
    type: [DeliveryExplanation],
    extensions: costs({ rows: 20 }),
    resolve: explanationOf,
  }),
}))

async function explanationOf(event: EventRow, _args: object, context: Context): Promise<Explanation[]> {
  const isSystem = event.tenantId === null
  const visibleToTenants = isSystem && (await visibleTypeLoader(context).load(event.type)) === true
  const webhooks = webhooksOfLoader(context)
  const [installation, others, deliveries, route] = await Promise.all([
    webhooks.load(INSTALLATION),
    visibleToTenants ? webhooks.load(EVERYBODY) : isSystem ? null : webhooks.load(event.tenantId ?? INSTALLATION),
    eventDeliveriesLoader(context).load(event.id),
    event.type.startsWith('ops.alert.') ? notificationRouteLoader(context).load(event.id) : null,
  ])
  const candidates = visibleToTenants ? (others ?? []) : [...(installation ?? []), ...(others ?? [])]
  return explain(event, candidates, deliveries ?? [], {
    visibleToTenants,
    route,
  })
}
