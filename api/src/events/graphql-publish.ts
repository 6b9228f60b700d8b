import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import type { AppError } from '../kit/errors.ts'
import { Event } from './graphql.ts'
import { PublishEventInput } from './graphql-inputs.ts'
import type { EventRow, PublishOutcome } from './publish/publish.ts'

const PublishEventPayload = builder
  .objectRef<{ event: EventRow; deduplicated: boolean }>('PublishEventPayload')
  .implement({
    description: 'What publishEvent answers.',
    fields: (t) => ({
      event: t.expose('event', { description: 'The event, stored.', type: Event }),
      deduplicated: t.exposeBoolean('deduplicated', {
        description: 'Whether its idempotency key was used before; `event` is then the first one that used it.',
      }),
    }),
  })

const BatchError = builder.objectRef<ReturnType<typeof told>>('BatchError').implement({
  description: 'Why an item of a batch was refused.',
  fields: (t) => ({
    code: t.exposeString('code', {
      description: 'As in `extensions.code` of an error: BAD_USER_INPUT, FORBIDDEN, ...',
    }),
    message: t.exposeString('message', { description: 'What is wrong, for people to read.' }),
    path: t.exposeStringList('path', { description: 'Where in the input: input, the index of the item, the field.' }),
    retryAfterMs: t.exposeInt('retryAfterMs', {
      description: 'Of RATE_LIMITED: in how many milliseconds to try again. Null otherwise.',
      nullable: true,
    }),
  }),
})

/** As data: an Error that a resolver returns counts as thrown. */
const told = ({ code, message, extensions }: AppError) => ({
  code,
  message,
  path: Array.isArray(extensions.path) ? extensions.path.map(String) : [],
  retryAfterMs: typeof extensions.retryAfterMs === 'number' ? extensions.retryAfterMs : null,
})

const PublishEventResult = builder.objectRef<PublishOutcome>('PublishEventResult').implement({
  description: 'What became of one event of a batch.',
  fields: (t) => ({
    event: t.field({
      description: 'The event, stored; null when it was refused.',
      type: Event,
      nullable: true,
      resolve: (outcome) => ('event' in outcome ? outcome.event : null),
    }),
    deduplicated: t.boolean({
      description: 'Whether its idempotency key was used before; `event` is then the first one that used it.',
      resolve: (outcome) => 'event' in outcome && outcome.deduplicated,
    }),
    error: t.field({
      description: 'Why it was refused; null when it was not.',
      type: BatchError,
      nullable: true,
      resolve: (outcome) => ('error' in outcome ? told(outcome.error) : null),
    }),
  }),
})

const PublishEventsPayload = builder.objectRef<PublishOutcome[]>('PublishEventsPayload').implement({
  description: 'What publishEvents answers.',
  fields: (t) => ({
    accepted: t.int({
      description: 'How many were not refused, those with a known idempotency key among them.',
      resolve: (outcomes) => outcomes.filter((outcome) => 'event' in outcome).length,
    }),
    deduplicated: t.int({
      description: 'How many had an idempotency key that was used before.',
      resolve: (outcomes) => outcomes.filter((outcome) => 'event' in outcome && outcome.deduplicated).length,
    }),
    results: t.field({
      description: 'One for each event, in the order of the input. A bad one never rejects the others.',
      type: [PublishEventResult],
      extensions: costs({ rows: 500 }),
      resolve: (outcomes) => outcomes,
    }),
  }),
})

builder.mutationFields((t) => ({
  publishEvent: t.field({
    description: 'Publishes an event. When it answers, the event and its deliveries are stored.',
    type: PublishEventPayload,
    authScopes: { agent: true },
    audit: { action: 'event.publish', target: 'event', isOwnRecord: true },
    args: { input: t.arg({ type: PublishEventInput, required: true, description: 'The event.' }) },
    resolve: async (_root, { input }, { publisher, identity, clientIp }) => {
      const [outcome] = await publisher.publish({ identity, clientIp }, [input], () => ['input'])
      if (!outcome) throw new Error('no outcome of a publish')
      if ('error' in outcome) throw outcome.error
      return outcome
    },
  }),
  publishEvents: t.field({
    description: 'Publishes up to 1,000 events. Each is taken or refused by itself.',
    type: PublishEventsPayload,
    authScopes: { agent: true },
    audit: { action: 'event.publish', target: 'event', isOwnRecord: true },
    args: { input: t.arg({ type: [PublishEventInput], required: true, description: 'The events.' }) },
    resolve: async (_root, { input }, context) => {
      const outcomes = await context.publisher.publish(context, input)
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
