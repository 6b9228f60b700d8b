import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { type CancelledDeliveries, cancelDeliveries, MAX_CANCELLED } from './cancel-many.ts'
import { DeliveryFilter } from './graphql-inputs.ts'

const CancelDeliveriesInput = builder.inputType('CancelDeliveriesInput', {
  description: 'Which deliveries to give up. Takes exactly one of deliveryIds and filter.',
  fields: (t) => ({
    deliveryIds: t.idList({ description: 'Deliveries by their ids (dlv_...), at most 10,000.' }),
    filter: t.field({
      description:
        'The deliveries that match; without statuses, those that are open (PENDING, FAILED). A filter without a criterion besides tenantId is refused.',
      type: DeliveryFilter,
    }),
    reason: t.string({ required: true, description: 'Why, 1 to 500 characters; kept as their last error.' }),
  }),
})

const CancelDeliveriesPayload = builder.objectRef<CancelledDeliveries>('CancelDeliveriesPayload').implement({
  description: 'The outcomes of the deliveries.',
  fields: (t) => ({
    cancelled: t.exposeInt('cancelled', { description: 'Deliveries that are given up.' }),
    alreadyFinal: t.exposeInt('alreadyFinal', { description: 'Deliveries that were final already.' }),
    beingSent: t.exposeInt('beingSent', { description: 'Deliveries that were being sent at this moment.' }),
    notFound: t.exposeInt('notFound', { description: 'Ids that are no delivery within reach.' }),
    hasMore: t.exposeBoolean('hasMore', { description: 'Whether more deliveries match the filter: call it again.' }),
  }),
})

builder.mutationField('cancelDeliveries', (t) =>
  t.field({
    description: `Gives up many open deliveries, the first changed first, at most ${MAX_CANCELLED.toLocaleString('en')} in one call. What is final or being sent at this moment is left and counted.`,
    type: CancelDeliveriesPayload,
    authScopes: { operator: true },
    audit: { action: 'delivery.cancelMany', target: 'deliveries' },
    extensions: costs({ self: 100 }),
    args: {
      input: t.arg({ required: true, description: 'Which deliveries, and why.', type: CancelDeliveriesInput }),
    },
    resolve: (_root, { input }, context) => cancelDeliveries(context.core, context, input),
  }),
)
