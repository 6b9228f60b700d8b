import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { type CancelledDeliveries, cancelDeliveries, MAX_CANCELLED } from './cancel-many.ts'
import { DeliveryFilter } from './graphql-inputs.ts'

const CancelDeliveriesInput = builder.inputType('CancelDeliveriesInput', {
  description: 'The deliveries to cancel. Requires exactly one of deliveryIds and filter.',
  fields: (t) => ({
    deliveryIds: t.idList({ description: 'Deliveries by their ids (dlv_...), at most 10,000.' }),
    filter: t.field({
      description:
        'The deliveries that match; without statuses only open ones (PENDING, FAILED). A filter without a criterion other than tenantId is refused.',
      type: DeliveryFilter,
    }),
    reason: t.string({ required: true, description: 'The reason, 1 to 500 characters; stored as their last error.' }),
  }),
})

const CancelDeliveriesPayload = builder.objectRef<CancelledDeliveries>('CancelDeliveriesPayload').implement({
  description: 'The outcomes of the deliveries.',
  fields: (t) => ({
    cancelled: t.exposeInt('cancelled', { description: 'Number of deliveries that were cancelled.' }),
    alreadyFinal: t.exposeInt('alreadyFinal', { description: 'Number of deliveries that were already final.' }),
    beingSent: t.exposeInt('beingSent', { description: 'Number of deliveries that were being sent.' }),
    notFound: t.exposeInt('notFound', {
      description: 'Number of ids of deliveries that do not exist or are not visible.',
    }),
    hasMore: t.exposeBoolean('hasMore', { description: 'Whether more deliveries match the filter: call it again.' }),
  }),
})

builder.mutationField('cancelDeliveries', (t) =>
  t.field({
    description: `Cancels many open deliveries in the order of their last change, at most ${MAX_CANCELLED.toLocaleString('en')} in one call. Deliveries that are final or being sent do not change and are counted.`,
    type: CancelDeliveriesPayload,
    authScopes: { operator: true },
    audit: { action: 'delivery.cancelMany', target: 'deliveries' },
    extensions: costs({ self: 100 }),
    args: {
      input: t.arg({ required: true, description: 'The deliveries and the reason.', type: CancelDeliveriesInput }),
    },
    resolve: (_root, { input }, context) => cancelDeliveries(context.core, context, input),
  }),
)
