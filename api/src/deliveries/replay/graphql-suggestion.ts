import type { ErrorKind as ErrorKindValue } from '../../../../prisma/generated/client/enums.ts'
import { builder } from '../../graphql/builder.ts'
import { costs } from '../../graphql/limits/cost.ts'
import { Webhook } from '../../webhooks/graphql.ts'
import type { WebhookRow } from '../../webhooks/load.ts'
import { RECOMMENDED_LIKELIHOOD } from '../forecast/forecast.ts'
import { Delivery } from '../graphql.ts'
import { ErrorKind } from '../graphql-inputs.ts'
import type { DeliveryRow } from '../read/delivery-where.ts'

/** Failures of one webhook with one error, and whether a replay is worth it. */
export interface ReplaySuggestionShape {
  id: string
  title: string
  reason: string
  webhook: WebhookRow
  errorKind: ErrorKindValue
  count: number
  oldestAt: Date
  /** How many of them have a forecast from which on a replay is recommended. */
  likely: number
  likelihood: number
  healthySince: Date | null
  sample: DeliveryRow[]
  filter: object
}

export const ReplaySuggestion = builder.objectRef<ReplaySuggestionShape>('ReplaySuggestion').implement({
  description:
    'A cluster of failures: dead letters of one webhook with one error, and whether a replay is worth it now.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Stays the same while the cluster does.' }),
    title: t.exposeString('title', { description: 'The cluster in a line.' }),
    reason: t.exposeString('reason', { description: 'Why a replay is or is not worth it now.' }),
    webhook: t.expose('webhook', { description: 'The webhook that they were for.', type: Webhook }),
    errorKind: t.expose('errorKind', { description: 'The kind of error.', type: ErrorKind }),
    count: t.exposeInt('count', { description: 'Number of dead letters that the filter finds.' }),
    oldestAt: t.expose('oldestAt', { description: 'When the first of them died.', type: 'DateTime' }),
    likely: t.exposeInt('likely', {
      description: 'How many of them would succeed with a likelihood of at least 0.8.',
    }),
    healthySince: t.expose('healthySince', {
      description:
        'Since when the receiver has taken every request, an hour ago at most; null unless it has taken requests since they died.',
      type: 'DateTime',
      nullable: true,
    }),
    likelihood: t.exposeFloat('likelihood', {
      description: 'How likely a replay would succeed now, 0 to 1: the mean over the cluster.',
    }),
    recommended: t.boolean({
      description: 'Whether the likelihood is at least 0.8, from which 9 of 10 replays succeed.',
      resolve: ({ likelihood }) => likelihood >= RECOMMENDED_LIKELIHOOD,
    }),
    sample: t.expose('sample', {
      description: 'The newest of them, at most 5.',
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
