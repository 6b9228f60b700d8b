import { builder } from '../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../graphql/connection.ts'
import type { Context } from '../graphql/context.ts'
import { costs } from '../graphql/limits/cost.ts'
import { byId, createLoader } from '../graphql/loader.ts'
import { idOf, Node, registerNode } from '../graphql/node.ts'
import { Actor } from '../graphql/types/actor.ts'
import { Severity } from '../graphql/types/enums.ts'
import { traceIdOf } from '../tracing/trace-context.ts'
import type { Catalogue } from './catalogue/catalogue.ts'
import type { EventRow } from './event-row.ts'
import { encodeFeedCursor } from './feed/cursor.ts'
import { EventFilter } from './graphql-inputs.ts'
import type { Publisher } from './publish/publish.ts'
import { eventsById, listEvents } from './read/list.ts'

declare module '../graphql/context.ts' {
  interface Services {
    publisher: Publisher
    catalogue: Catalogue
  }
}

export const Event = builder.objectRef<EventRow>('Event').implement({
  description: 'An event that a service published. Events are immutable.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({
      description: 'Event id, evt_...; also the `webhook-id` of each of its deliveries.',
      resolve: idOf('evt'),
    }),
    type: t.exposeString('type', { description: 'What happened, such as autoheal.failed.' }),
    source: t.exposeString('source', { description: 'Name of the publishing service.' }),
    severity: t.expose('severity', { description: 'Severity of the event.', type: Severity }),
    subject: t.exposeString('subject', { description: 'The object that the event is about.', nullable: true }),
    tenantId: t.exposeString('tenantId', {
      description: 'Tenant of the event; null: a system event.',
      nullable: true,
    }),
    payload: t.expose('payload', {
      description: 'Data of the event, as published.',
      type: 'JSON',
      extensions: costs({ self: 100 }),
    }),
    occurredAt: t.expose('occurredAt', {
      description: "When it happened, by the publisher's clock.",
      type: 'DateTime',
    }),
    receivedAt: t.expose('receivedAt', { description: 'When AetherLink received it.', type: 'DateTime' }),
    publishedBy: t.field({
      description: 'The publisher of the event.',
      type: Actor,
      resolve: (row) => ({ kind: row.publishedByKind, id: row.publishedById, name: row.publishedByName }),
    }),
    clientIp: t.exposeString('clientIp', { description: 'IP address of the publisher.', nullable: true }),
    correlationId: t.exposeString('correlationId', {
      description: 'Correlation id, shared by all events of one operation.',
      nullable: true,
    }),
    causationId: t.exposeString('causationId', { description: 'The cause of the event.', nullable: true }),
    traceId: t.string({
      description: 'Trace id of W3C Trace Context, 32 hexadecimal digits; null if the publisher sent no traceparent.',
      nullable: true,
      resolve: ({ traceParent }) => traceParent && traceIdOf(traceParent),
    }),
    expiresAt: t.expose('expiresAt', {
      description: 'Deliveries that have not arrived by then are cancelled; null: never.',
      type: 'DateTime',
      nullable: true,
    }),
    restoredAt: t.expose('restoredAt', {
      description: 'When it was restored from an archive; otherwise null. Restored events are not delivered.',
      type: 'DateTime',
      nullable: true,
    }),
    cursor: t.string({
      description: 'Position in the feed; pass it as `after` to a subscription.',
      resolve: (row, _args, { core }) => encodeFeedCursor(core, row.seq),
    }),
  }),
})

const loadEvents = async (ids: readonly string[], { core, catalogue, identity }: Context) =>
  byId(await eventsById(core, catalogue, identity, ids))

/** Loads events by id. Events that the caller may not see are skipped. */
export const eventLoader = createLoader(loadEvents)

registerNode('evt', Event, loadEvents)

const EventConnection = connectionType(Event)

builder.queryField('events', (t) =>
  t.field({
    description: 'Visible events, newest first.',
    type: EventConnection,
    authScopes: { viewer: true },
    args: {
      filter: t.arg({ type: EventFilter, description: 'Filter; conditions are combined with AND.' }),
      ...pageArgs(t),
    },
    resolve: async (_root, { filter, ...page }, { core, catalogue, identity }) =>
      connection(page, await listEvents(core, catalogue, identity, filter)),
  }),
)
