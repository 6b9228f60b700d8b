import type { ErrorKind as ErrorKindValue } from '../../../../prisma/generated/client/enums.ts'
import { builder } from '../../graphql/builder.ts'
import { costs } from '../../graphql/limits/cost.ts'
import { Webhook } from '../../webhooks/graphql.ts'
import type { WebhookRow } from '../../webhooks/load.ts'
import { RECOMMENDED_LIKELIHOOD } from '../forecast/forecast.ts'
import { Delivery } from '../graphql.ts'
import { ErrorKind } from '../graphql-inputs.ts'
import type { DeliveryRow } from '../read/delivery-where.ts'

/** Failures of one webhook with the same error, and whether to replay them. */
export interface ReplaySuggestionShape {
  id: string
  title: string
  reason: string
  webhook: WebhookRow
  errorKind: ErrorKindValue
  count: number
  oldestAt: Date
  /** Number of deliveries whose forecast recommends a replay. */
  likely: number
  likelihood: number
  healthySince: Date | null
  sample: DeliveryRow[]
  filter: object
}

export const ReplaySuggestion = builder.objectRef<ReplaySuggestionShape>('ReplaySuggestion').implement({
  description:
    'A cluster of failures: dead letters of one webhook with one error, and whether a replay is recommended now.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Stays the same while the cluster exists.' }),
    title: t.exposeString('title', { description: 'One-line description of the cluster.' }),
    reason: t.exposeString('reason', { description: 'The reason why a replay is or is not recommended now.' }),
    webhook: t.expose('webhook', { description: 'The webhook of the failures.', type: Webhook }),
    errorKind: t.expose('errorKind', { description: 'The kind of error.', type: ErrorKind }),
    count: t.exposeInt('count', { description: 'Number of dead letters that the filter finds.' }),
    oldestAt: t.expose('oldestAt', { description: 'When the first of them became a dead letter.', type: 'DateTime' }),
    likely: t.exposeInt('likely', {
      description: 'Number of deliveries whose replay would succeed with a likelihood of at least 0.8.',
    }),
    healthySince: t.expose('healthySince', {
      description:
        'Since when the receiver has accepted every request, at most an hour ago; null unless it has accepted requests since the failures.',
      type: 'DateTime',
      nullable: true,
    }),
    likelihood: t.exposeFloat('likelihood', {
      description: 'The likelihood that a replay would succeed now, 0 to 1: the mean over the cluster.',
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
