import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { type AppError, underPath } from '../kit/errors.ts'
import { Event } from './graphql.ts'
import { PublishEventInput } from './graphql-inputs.ts'
import type { EventRow, PublishOutcome } from './publish/publish.ts'

const PublishEventPayload = builder
  .objectRef<{ event: EventRow; deduplicated: boolean }>('PublishEventPayload')
  .implement({
    description: 'Result of publishEvent.',
    fields: (t) => ({
      event: t.expose('event', { description: 'The stored event.', type: Event }),
      deduplicated: t.exposeBoolean('deduplicated', {
        description: 'Whether its idempotency key was already used; `event` is then the first event with that key.',
      }),
    }),
  })

const BatchError = builder.objectRef<ReturnType<typeof told>>('BatchError').implement({
  description: 'The reason why an item of a batch was refused.',
  fields: (t) => ({
    code: t.exposeString('code', {
      description: 'Error code as in `extensions.code`: BAD_USER_INPUT, FORBIDDEN, ...',
    }),
    message: t.exposeString('message', { description: 'Human-readable error message.' }),
    path: t.exposeStringList('path', { description: 'Path in the input: input, the index of the item, the field.' }),
    retryAfterMs: t.exposeInt('retryAfterMs', {
      description: 'For RATE_LIMITED: milliseconds until the next attempt. Null otherwise.',
      nullable: true,
    }),
  }),
})

/** Converts an error to plain data. If a resolver returned the Error itself, GraphQL would treat it as thrown. */
const told = ({ code, message, extensions }: AppError) => ({
  code,
  message,
  path: Array.isArray(extensions.path) ? extensions.path.map(String) : [],
  retryAfterMs: typeof extensions.retryAfterMs === 'number' ? extensions.retryAfterMs : null,
})

const PublishEventResult = builder.objectRef<PublishOutcome>('PublishEventResult').implement({
  description: 'Outcome for one event of a batch.',
  fields: (t) => ({
    event: t.field({
      description: 'The stored event; null if it was refused.',
      type: Event,
      nullable: true,
      resolve: (outcome) => ('event' in outcome ? outcome.event : null),
    }),
    deduplicated: t.boolean({
      description: 'Whether its idempotency key was already used; `event` is then the first event with that key.',
      resolve: (outcome) => 'event' in outcome && outcome.deduplicated,
    }),
    error: t.field({
      description: 'Why it was refused; null if it was stored.',
      type: BatchError,
      nullable: true,
      resolve: (outcome) => ('error' in outcome ? told(outcome.error) : null),
    }),
  }),
})

const PublishEventsPayload = builder.objectRef<PublishOutcome[]>('PublishEventsPayload').implement({
  description: 'Result of publishEvents.',
  fields: (t) => ({
    accepted: t.int({
      description: 'Number of events that were not refused, including duplicates.',
      resolve: (outcomes) => outcomes.filter((outcome) => 'event' in outcome).length,
    }),
    deduplicated: t.int({
      description: 'Number of events with an already used idempotency key.',
      resolve: (outcomes) => outcomes.filter((outcome) => 'event' in outcome && outcome.deduplicated).length,
    }),
    results: t.field({
      description: 'One outcome per event, in input order. An invalid event does not reject the others.',
      type: [PublishEventResult],
      extensions: costs({ rows: 500 }),
      resolve: (outcomes) => outcomes,
    }),
  }),
})

builder.mutationFields((t) => ({
  publishEvent: t.field({
    description: 'Publishes an event. The event and its deliveries are stored before the response is sent.',
    type: PublishEventPayload,
    authScopes: { agent: true },
    audit: { action: 'event.publish', target: 'event', isOwnRecord: true },
    args: { input: t.arg({ type: PublishEventInput, required: true, description: 'The event.' }) },
    resolve: async (_root, { input }, context) => {
      const [outcome] = await context.publisher.publish(context, [input])
      if (!outcome) throw new Error('the publisher returned no outcome')
      if ('error' in outcome) throw underPath(['input'], outcome.error)
      return outcome
    },
  }),
  publishEvents: t.field({
    description: 'Publishes up to 1,000 events. Each is accepted or refused independently.',
    type: PublishEventsPayload,
    authScopes: { agent: true },
    audit: { action: 'event.publish', target: 'event', isOwnRecord: true },
    args: { input: t.arg({ type: [PublishEventInput], required: true, description: 'The events.' }) },
    resolve: async (_root, { input }, context) => {
      const published = await context.publisher.publish(context, input)
      const outcomes = published.map((outcome, i) =>
        'error' in outcome ? { error: underPath(['input', String(i)], outcome.error) } : outcome,
      )
      const denied = outcomes.flatMap((outcome) =>
        'error' in outcome && outcome.error.code === 'FORBIDDEN' ? [outcome.error] : [],
      )
      const [first] = denied
      if (first)
        await context.denials.note(context, { action: 'event.publish', target: null, times: denied.length }, first)
      return outcomes
    },
  }),
}))
