import type { TestApp } from '../harness.ts'
import { register, type Tenant } from './register.ts'

/** Publishes an event of the type MARK.happened (MARK is the tenant's mark) and returns its id. */
export async function publishOf(app: TestApp, { tenantId, mark }: Tenant): Promise<string> {
  const texts = { type: `${mark}.happened`, source: mark, subject: mark, correlationId: mark }
  const { publishEvent } = await app.ok<{ publishEvent: { event: { id: string } } }>(
    'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }',
    { input: { ...texts, tenantId, payload: { mark } } },
  )
  return publishEvent.event.id
}

register('events', {
  fresh: {
    event: publishOf,
    eventType: async (app, { mark }) => {
      const name = `${mark}.happened`
      await app.ok(`mutation { registerEventType(input: { name: "${name}", description: "${mark}" }) { created } }`)
      return name
    },
  },
  shared: ['eventType'],
  tables: { events: { ids: 'evt' } },
  mutations: {
    publishEvent: {
      args: ({ tenantId }) => `input: { type: "x", source: "x", tenantId: "${tenantId}" }`,
      action: 'event.publish',
      ownRecord: true,
    },
    publishEvents: {
      args: ({ tenantId }) => `input: [{ type: "x", source: "x", tenantId: "${tenantId}" }]`,
      action: 'event.publish',
      ownRecord: true,
      select: 'accepted results { error { code message } }',
    },
    registerEventType: {
      args: ({ mark }) => `input: { name: "${mark}.happened", description: "changed", tenantVisible: true }`,
      action: 'eventType.register',
      targetId: ({ mark }) => `${mark}.happened`,
      tenantId: null,
    },
    deprecateEventType: {
      on: 'eventType',
      args: ({ id }) => `name: "${id}"`,
      foreignArgs: ({ mark }) => `name: "${mark}.happened"`,
      action: 'eventType.deprecate',
      tenantId: null,
    },
  },
  subscriptions: {
    events: {
      args: ({ tenantId }) => `(filter: { tenantId: "${tenantId}" })`,
      select: '{ event { id payload tenantId } }',
    },
  },
  queries: { eventType: ({ mark }) => [`(name: "${mark}.happened")`] },
  filters: {
    sources: ({ mark }) => `["${mark}"]`,
    types: ({ mark }) => `["${mark}.*"]`,
    eventTypes: ({ mark }) => `["${mark}.*"]`,
    correlationId: ({ mark }) => `"${mark}"`,
  },
  async many(app, numbers) {
    const { publishEvents } = await app.ok<{ publishEvents: { results: { event: { id: string } }[] } }>(
      'mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { results { event { id } } } }',
      { input: numbers.map((n) => ({ type: `type.n${n}`, source: 'shop' })) },
    )
    return publishEvents.results.map(({ event }) => event.id)
  },
})
