import type { ErrorKind as ErrorKindValue } from '../../../../prisma/generated/client/enums.ts'
import { builder } from '../../graphql/builder.ts'
import { costs } from '../../graphql/limits/cost.ts'
import { Webhook } from '../../webhooks/graphql.ts'
import type { WebhookRow } from '../../webhooks/load.ts'
import { Delivery } from '../graphql.ts'
import { ErrorKind } from '../graphql-inputs.ts'
import type { DeliveryRow } from '../read/delivery-where.ts'

/** Failures that are worth replaying together. */
export interface ReplaySuggestionShape {
  id: string
  title: string
  reason: string
  webhook: WebhookRow
  errorKind: ErrorKindValue
  count: number
  oldestAt: Date
  likelihood: number
  sample: DeliveryRow[]
  filter: object
}

export const ReplaySuggestion = builder.objectRef<ReplaySuggestionShape>('ReplaySuggestion').implement({
  description: 'A cluster of failures that is worth replaying.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The same as long as the cluster is the same.' }),
    title: t.exposeString('title', { description: 'What it is, in a line.' }),
    reason: t.exposeString('reason', { description: 'Why a replay is worth it now.' }),
    webhook: t.expose('webhook', { description: 'Where the deliveries were to go.', type: Webhook }),
    errorKind: t.expose('errorKind', { description: 'How most of them failed.', type: ErrorKind }),
    count: t.exposeInt('count', { description: 'How many deliveries the filter takes.' }),
    oldestAt: t.expose('oldestAt', { description: 'When the first of them died.', type: 'DateTime' }),
    likelihood: t.exposeFloat('likelihood', { description: 'How likely a replay would arrive now, 0 to 1.' }),
    sample: t.expose('sample', {
      description: 'Some of them, at most 5.',
      type: [Delivery],
      extensions: costs({ rows: 5 }),
    }),
    filter: t.field({
      description: 'The deliveries as a DeliveryFilter, for bulkReplayDeliveries.',
      type: 'JSON',
      resolve: ({ filter }) => filter,
    }),
  }),
})
