import { afterAll, beforeAll, expect, test } from 'vitest'
import { type As, startTestApp, type TestApp, until } from '../../../test/harness.ts'
import { type Receiver, startReceiver, status } from '../../../test/servers/receivers.ts'
import { subscribe } from '../../../test/streams.ts'
import { CHANNELS } from '../../kit/pubsub.ts'

let app: TestApp
let receiver: Receiver
let webhookId: string
beforeAll(async () => {
  app = await startTestApp({ worker: true })
  receiver = await startReceiver()
  const { createWebhook } = await app.ok<{ createWebhook: { webhook: { id: string } } }>(
    'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }',
    { input: { name: 'live', url: receiver.url, tenantId: 'tenant-1', eventTypes: ['live.*'], retrySchedule: [] } },
  )
  webhookId = createWebhook.webhook.id
})
afterAll(async () => {
  await app.stop()
  await receiver.close()
})

const TENANT = { role: 'VIEWER', tenantId: 'tenant-1' } as const
const OTHER = { role: 'VIEWER', tenantId: 'tenant-acme' } as const
const CHANGES =
  'subscription ($filter: DeliveryFilter) { deliveries(filter: $filter) { id status event { id } webhook { name } } }'

interface Changed {
  id: string
  status: string
  event: { id: string }
  webhook: { name: string }
}

async function changes(filter: object = {}, as: As = TENANT) {
  const stream = await subscribe<{ deliveries: Changed[] }>(app, CHANGES, { filter }, as)
  return Object.assign(stream, { changed: () => stream.results.flatMap(({ deliveries }) => deliveries) })
}

const publish = async (count = 1) => {
  const input = Array.from({ length: count }, (_, n) => ({
    type: 'live.x',
    source: 'test',
    tenantId: 'tenant-1',
    payload: { n },
  }))
  const { publishEvents } = await app.ok<{ publishEvents: { results: { event: { id: string } }[] } }>(
    'mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { results { event { id } } } }',
    { input },
  )
  return publishEvents.results.map(({ event }) => event.id)
}

test('new and changed deliveries are sent in their current state, in batches, to subscribers that may see them', async () => {
  const [mine, wrong, others] = await Promise.all([
    changes(),
    changes({ statuses: ['DEAD_LETTER'] }),
    changes({}, OTHER),
  ])
  const ids = await publish(120)
  const final = () => new Set(mine.changed().flatMap((d) => (d.status === 'DELIVERED' ? [d.event.id] : [])))
  await until('all delivered', () => ids.every((id) => final().has(id)))
  expect(mine.results.length).toBeLessThan(60)
  expect(mine.changed().every(({ webhook }) => webhook.name === 'live')).toBe(true)

  receiver.behave(status(500))
  const [dead] = await publish()
  await until('the dead letter', () => wrong.changed().length > 0)
  receiver.behave(status(200))
  const [{ id } = { id: '' }] = wrong.changed()
  expect(wrong.changed()).toEqual([expect.objectContaining({ event: { id: dead }, status: 'DEAD_LETTER' })])
  // A replay is a new delivery, and its original is read again.
  await app.ok('mutation ($id: ID!) { replayDelivery(id: $id) { delivery { id } } }', { id })
  await until('the replay', () =>
    mine.changed().some((d) => d.id !== id && d.event.id === dead && d.status === 'DELIVERED'),
  )
  expect(others.changed()).toEqual([])
  await Promise.all([mine, wrong, others].map((stream) => stream.stop()))
})

test('statistics are sent immediately, and again only if they differ', async () => {
  const query = 'subscription ($tenantId: String) { deliveryStats(tenantId: $tenantId) { delivered deadLetter } }'
  const [mine, others] = await Promise.all([
    subscribe<{ deliveryStats: { delivered: number } }>(app, query, {}, TENANT),
    subscribe<{ deliveryStats: { delivered: number } }>(app, query, { tenantId: 'tenant-1' }, OTHER),
  ])
  await until('the first', () => mine.results.length === 1 && others.results.length === 1)
  const before = mine.results[0]!.deliveryStats.delivered
  await publish(3)
  await until('the next', () => mine.results.at(-1)!.deliveryStats.delivered === before + 3)
  const seen = mine.results.map(({ deliveryStats }) => deliveryStats.delivered)
  expect(new Set(seen).size).toBe(seen.length)
  expect(others.results).toEqual([{ deliveryStats: { delivered: 0, deadLetter: 0 } }])
  await Promise.all([mine.stop(), others.stop()])
})

test('if changes may have been missed, the stream ends with an error', async () => {
  const stream = await changes()
  const stats = await subscribe(app, 'subscription { deliveryStats { pending } }')
  await until('the figures', () => stats.results.length === 1)
  app.core.pubsub.publish(CHANNELS.deliveries, '')
  await until('the end', () => stream.ended)
  expect(stream.errors[0]?.extensions.code).toBe('UNAVAILABLE')
  expect(stats.ended).toBe(false)
  await stats.stop()
})

test('deleting a webhook publishes the cancelled deliveries and ends no subscription', async () => {
  const messages: (string | null)[] = []
  const unsubscribe = app.core.pubsub.subscribe(CHANNELS.deliveries, (message) => messages.push(message))
  const make = async (type: string) => {
    const input = { name: type, url: receiver.url, tenantId: 'tenant-1', eventTypes: [type] }
    const { createWebhook } = await app.ok<{ createWebhook: { webhook: { id: string } } }>(
      'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }',
      { input },
    )
    await app.ok('mutation ($id: ID!) { pauseWebhook(id: $id) { webhook { id } } }', { id: createWebhook.webhook.id })
    return createWebhook.webhook.id
  }
  const remove = (id: string) => app.ok('mutation ($id: ID!) { deleteWebhook(id: $id) { deletedId } }', { id })
  const unused = await make('unused')
  const removed = await make('removed.*')
  const input = Array.from({ length: 3 }, () => ({ type: 'removed.x', source: 'test', tenantId: 'tenant-1' }))
  await app.ok('mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted } }', { input })
  const [mine, all, others] = await Promise.all([changes(), changes({}, { role: 'ADMIN' }), changes({}, OTHER)])

  await remove(removed)
  await remove(unused)
  const cancelled = (stream: typeof mine) => stream.changed().filter(({ status }) => status === 'CANCELLED')
  await until('they are told', () => cancelled(mine).length === 3 && cancelled(all).length === 3)
  // Events published from here on arrive after the frames of the deletions.
  const [id] = await publish()
  await until('the next', () => [mine, all].every((stream) => stream.changed().some(({ event }) => event.id === id)))
  expect(messages.filter((message) => !message)).toEqual([])
  expect([mine, all, others].map(({ ended, errors }) => [ended, errors])).toEqual(Array(3).fill([false, []]))
  expect(others.changed()).toEqual([])
  unsubscribe()
  await Promise.all([mine, all, others].map((stream) => stream.stop()))
})

test('an invalid filter is refused before the stream starts', async () => {
  const stream = await changes({ webhookIds: ['whk_1'] })
  await until('the end', () => stream.ended)
  expect(stream.errors[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    path: ['filter', 'webhookIds', '0'],
  })
  expect(webhookId).toMatch(/^whk_/)
})
