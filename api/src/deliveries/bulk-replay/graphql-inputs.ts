import { builder } from '../../graphql/builder.ts'
import { DeliveryFilter } from '../graphql-inputs.ts'

export const BulkReplayInput = builder.inputType('BulkReplayInput', {
  description: 'Which deliveries to replay, and how carefully. Takes exactly one of deliveryIds and filter.',
  fields: (t) => ({
    deliveryIds: t.idList({ description: 'Deliveries by their ids (dlv_...), at most 10,000.' }),
    filter: t.field({
      description:
        'All deliveries that match when the bulk replay starts, however many. A filter without a criterion besides tenantId is refused.',
      type: DeliveryFilter,
    }),
    dryRun: t.boolean({ description: 'Answers the preview and stores nothing.', defaultValue: false }),
    ratePerSecond: t.int({
      description: 'The most replays per second, 1 to 100,000. Null: as fast as the webhooks take them.',
    }),
    canary: t.boolean({
      description:
        "Replays one delivery of each webhook first, and the webhook's other deliveries once it has arrived. If its first attempt fails, they are skipped (CANARY_FAILED).",
      defaultValue: false,
    }),
    skipUnhealthy: t.boolean({
      description: 'Skips the deliveries of webhooks that are down (WEBHOOK_UNHEALTHY).',
      defaultValue: false,
    }),
    force: t.boolean({
      description: 'Also replays deliveries that have a replay under way, and those that are delivered or recovered.',
      defaultValue: false,
    }),
    minLikelihood: t.float({ description: 'Skips deliveries whose forecast is below this, 0 to 1 (UNLIKELY).' }),
    stopAfterFailures: t.int({
      description:
        'So many failures in a row of one webhook and one error kind stop the webhook: its other deliveries are skipped (STOPPED). 0: never.',
      defaultValue: 20,
    }),
    reason: t.string({ description: 'Why, at most 500 characters; kept with the bulk replay and in the audit trail.' }),
    idempotencyKey: t.string({
      description:
        'The same key of the same caller returns the first bulk replay instead of starting another; at most 200 characters.',
    }),
  }),
})
