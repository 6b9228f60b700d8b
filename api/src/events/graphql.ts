import { Actor } from '../graphql/actor.ts'
import { builder } from '../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../graphql/connection.ts'
import type { Context } from '../graphql/context.ts'
import { Severity } from '../graphql/enums.ts'
import { costs } from '../graphql/limits/cost.ts'
import { byId, createLoader } from '../graphql/loader.ts'
import { idOf, Node, registerNode } from '../graphql/node.ts'
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
  description: 'Something that happened, as a service published it. Events never change.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'evt_...; also the `webhook-id` of every delivery of it.', resolve: idOf('evt') }),
    type: t.exposeString('type', { description: 'What happened, such as autoheal.failed.' }),
    source: t.exposeString('source', { description: 'Who says so: the service that published it.' }),
    severity: t.expose('severity', { description: 'How bad it is.', type: Severity }),
    subject: t.exposeString('subject', { description: 'What it happened to.', nullable: true }),
    tenantId: t.exposeString('tenantId', {
      description: 'Whose it is; null: the installation itself, a system event.',
      nullable: true,
    }),
    payload: t.expose('payload', {
      description: 'The particulars, as published.',
      type: 'JSON',
      extensions: costs({ self: 100 }),
    }),
    occurredAt: t.expose('occurredAt', { description: "When it happened, by the producer's clock.", type: 'DateTime' }),
    receivedAt: t.expose('receivedAt', { description: 'When it was received, by ours.', type: 'DateTime' }),
    publishedBy: t.field({
      description: 'Who published it.',
      type: Actor,
      resolve: (row) => ({ kind: row.publishedByKind, id: row.publishedById, name: row.publishedByName }),
    }),
    clientIp: t.exposeString('clientIp', { description: 'The address it was published from.', nullable: true }),
    correlationId: t.exposeString('correlationId', {
      description: 'Shared by everything that belongs to the same piece of work.',
      nullable: true,
    }),
    causationId: t.exposeString('causationId', { description: 'What it is a consequence of.', nullable: true }),
    restoredAt: t.expose('restoredAt', {
      description:
        'When it came back from an archive; null for every other event. A restored event is delivered to no one.',
      type: 'DateTime',
      nullable: true,
    }),
    cursor: t.string({
      description: "Its position in the feed, as a subscription's `after` takes it.",
      resolve: (row, _args, { core }) => encodeFeedCursor(core, row.seq),
    }),
  }),
})

const loadEvents = async (ids: readonly string[], { core, catalogue, identity }: Context) =>
  byId(await eventsById(core, catalogue, identity, ids))

/** Events by id, of those within the reach of who is asking. */
export const eventLoader = createLoader(loadEvents)

registerNode('evt', Event, loadEvents)

const EventConnection = connectionType(Event)

builder.queryField('events', (t) =>
  t.field({
    description: 'Events within reach, newest first.',
    type: EventConnection,
    authScopes: { viewer: true },
    args: {
      filter: t.arg({ type: EventFilter, description: 'Which; conditions are combined by "and".' }),
      ...pageArgs(t),
    },
    resolve: async (_root, { filter, ...page }, { core, catalogue, identity }) =>
      connection(page, await listEvents(core, catalogue, identity, filter)),
  }),
)
