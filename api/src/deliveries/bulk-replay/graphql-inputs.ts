import { builder } from '../../graphql/builder.ts'
import { DeliveryFilter } from '../graphql-inputs.ts'

export const BulkReplayInput = builder.inputType('BulkReplayInput', {
  description: 'The deliveries to replay, and the safeguards. Requires exactly one of deliveryIds and filter.',
  fields: (t) => ({
    deliveryIds: t.idList({ description: 'Deliveries by their ids (dlv_...), at most 10,000.' }),
    filter: t.field({
      description:
        'All deliveries that match when the bulk replay starts, in any number. A filter without a criterion other than tenantId is refused.',
      type: DeliveryFilter,
    }),
    dryRun: t.boolean({ description: 'Returns the preview and stores nothing.', defaultValue: false }),
    ratePerSecond: t.int({
      description: 'Maximum number of replays per second, 1 to 100,000. Null: as fast as the webhooks accept them.',
    }),
    canary: t.boolean({
      description:
        "Replays one delivery of each webhook first, and the webhook's other deliveries after it has arrived. If its first attempt fails, they are skipped (CANARY_FAILED).",
      defaultValue: false,
    }),
    skipUnhealthy: t.boolean({
      description: 'Skips the deliveries of webhooks that are down (WEBHOOK_UNHEALTHY).',
      defaultValue: false,
    }),
    force: t.boolean({
      description: 'Also replays deliveries that have a replay in progress, and those that are delivered or recovered.',
      defaultValue: false,
    }),
    minLikelihood: t.float({ description: 'Skips deliveries whose forecast is below this, 0 to 1 (UNLIKELY).' }),
    stopAfterFailures: t.int({
      description:
        'This many consecutive failures of one webhook with one error kind stop the webhook: its other deliveries are skipped (STOPPED). 0: never.',
      defaultValue: 20,
    }),
    reason: t.string({
      description: 'The reason, at most 500 characters; stored with the bulk replay and in the audit trail.',
    }),
    idempotencyKey: t.string({
      description:
        'The same key of the same caller returns the first bulk replay instead of starting another; at most 200 characters.',
    }),
  }),
})
