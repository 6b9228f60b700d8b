import { builder } from '../../graphql/builder.ts'
import { connection, pageArgs } from '../../graphql/connection.ts'
import { costs } from '../../graphql/limits/cost.ts'
import { checkTenantSlug } from '../../identity/tenant-scope.ts'
import { memoize } from '../../kit/async/memoize.ts'
import { uuidOf } from '../../kit/ids.ts'
import { cancelBulkReplay, pauseBulkReplay } from './control.ts'
import { BulkReplayInput } from './graphql-inputs.ts'
import {
  BulkReplay,
  BulkReplayConnection,
  BulkReplayPreview,
  BulkReplayStatus,
  type LazyPreview,
} from './graphql-types.ts'
import { readInput } from './input.ts'
import { previewBulkReplay } from './preview.ts'
import { followBulkReplay } from './progress.ts'
import { type BulkReplayRow, listBulkReplays } from './rows.ts'
import { dryRunBulkReplay, startBulkReplay } from './start.ts'

const BulkReplayPayload = builder
  .objectRef<{ bulkReplay: BulkReplayRow; preview: LazyPreview }>('BulkReplayPayload')
  .implement({
    description: 'A bulk replay and its plan.',
    fields: (t) => ({
      bulkReplay: t.expose('bulkReplay', {
        description: 'The bulk replay; not stored after a dry run.',
        type: BulkReplay,
      }),
      preview: t.field({
        description: 'Its plan at its start.',
        type: BulkReplayPreview,
        resolve: ({ preview }) => preview,
      }),
    }),
  })

const CancelBulkReplayPayload = builder.objectRef<{ bulkReplay: BulkReplayRow }>('CancelBulkReplayPayload').implement({
  description: 'The bulk replay after the change.',
  fields: (t) => ({
    bulkReplay: t.expose('bulkReplay', { description: 'The bulk replay after the change.', type: BulkReplay }),
  }),
})

builder.queryField('bulkReplays', (t) =>
  t.field({
    description: 'Visible bulk replays, newest first.',
    type: BulkReplayConnection,
    authScopes: { viewer: true },
    args: {
      statuses: t.arg({
        description: 'Only these states; an empty list does not filter.',
        type: [BulkReplayStatus],
      }),
      tenantId: t.arg.string({ description: 'Only deliveries of this tenant.' }),
      ...pageArgs(t),
    },
    resolve: (_root, { statuses, tenantId, ...page }, { core, identity }) => {
      const filter = {
        statuses: statuses && statuses.length > 0 ? statuses : null,
        tenantId: tenantId == null ? null : checkTenantSlug(tenantId, 'tenantId'),
      }
      return connection(page, listBulkReplays(core.db.query, identity.tenantId, filter))
    },
  }),
)

builder.mutationFields((t) => {
  const id = t.arg.id({ required: true, description: 'A bulk replay (blk_...).' })
  return {
    bulkReplayDeliveries: t.field({
      description:
        'Replays many deliveries as a job. Each replay is a new delivery that is linked to its original, as with replayDelivery. Deliveries that cannot or need not be replayed are skipped and counted by reason. The mutation returns at once; the subscription bulkReplay shows the progress.',
      type: BulkReplayPayload,
      authScopes: { operator: true },
      audit: { action: 'bulkReplay.start', target: 'bulkReplay' },
      extensions: costs({ self: 100 }),
      args: { input: t.arg({ required: true, description: 'The deliveries and the options.', type: BulkReplayInput }) },
      resolve: async (_root, { input }, context) => {
        const options = readInput(input)
        const start = input.dryRun ? dryRunBulkReplay : startBulkReplay
        const bulkReplay = await start(context.core, context, options)
        const preview = memoize(() => previewBulkReplay(context.core, context.identity, options, bulkReplay.selectedAt))
        return { bulkReplay, preview }
      },
    }),
    cancelBulkReplay: t.field({
      description:
        'Cancels a bulk replay within a second: nothing more is replayed, and replays that no worker processes are cancelled. `replayed` is the number that was sent. CONFLICT when it is finished.',
      type: CancelBulkReplayPayload,
      authScopes: { operator: true },
      audit: { action: 'bulkReplay.cancel', target: 'bulkReplay' },
      args: { id },
      resolve: async (_root, args, context) => ({
        bulkReplay: await cancelBulkReplay(context.core, context, uuidOf('blk', args.id, 'id')),
      }),
    }),
    pauseBulkReplay: t.field({
      description: 'Pauses or resumes a bulk replay. Existing replays are sent. CONFLICT when it is finished.',
      type: CancelBulkReplayPayload,
      authScopes: { operator: true },
      audit: { action: 'bulkReplay.pause', target: 'bulkReplay' },
      args: {
        id,
        paused: t.arg.boolean({ required: true, description: 'true: pause it; false: resume it.' }),
      },
      resolve: async (_root, args, context) => ({
        bulkReplay: await pauseBulkReplay(context.core, context, uuidOf('blk', args.id, 'id'), args.paused),
      }),
    }),
  }
})

builder.subscriptionField('bulkReplay', (t) =>
  t.field({
    description:
      'A bulk replay: its present state, each change of its progress (at most four times a second), and its end, which completes the subscription.',
    type: BulkReplay,
    authScopes: { viewer: true },
    args: { id: t.arg.id({ required: true, description: 'A bulk replay (blk_...).' }) },
    subscribe: (_root, args, { core, identity }) => followBulkReplay(core, identity, uuidOf('blk', args.id, 'id')),
    resolve: (row) => row,
  }),
)
