import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACME, makeWebhook, publish } from '../../test/features/deliveries.ts'
import { startTestApp, type TestApp, until } from '../../test/harness.ts'
import { type Receiver, startReceiver } from '../../test/servers/receivers.ts'

let app: TestApp
let receiver: Receiver
beforeAll(async () => {
  app = await startTestApp({ worker: true })
  receiver = await startReceiver()
})
afterAll(async () => {
  await app.stop()
  await receiver.close()
})

interface Shown {
  id: string
  status: string
  lastError: string | null
}

async function deliveryOf(eventId: string): Promise<Shown & { expiresAt: string | null }> {
  const { node } = await app.ok<{ node: { expiresAt: string | null; deliveries: { nodes: Shown[] } } }>(
    'query ($id: ID!) { node(id: $id) { ... on Event { expiresAt deliveries { nodes { id status lastError } } } } }',
    { id: eventId },
    { as: ACME },
  )
  return { ...node.deliveries.nodes[0]!, expiresAt: node.expiresAt }
}

const PAUSE = 'mutation ($id: ID!) { pauseWebhook(id: $id) { webhook { id } } }'
const RESUME = 'mutation ($id: ID!) { resumeWebhook(id: $id) { webhook { id } } }'
const REPLAY = 'mutation ($id: ID!, $force: Boolean) { replayDelivery(id: $id, force: $force) { delivery { id } } }'

test('a delivery that has not arrived by expiresAt is cancelled with that reason, and is replayed only by force', async () => {
  const { id } = await makeWebhook(app, { url: receiver.url, eventTypes: ['otp.*'] })
  await app.ok(PAUSE, { id }, { as: ACME })
  const expiresAt = new Date(Date.now() + 500).toISOString()
  const late = await publish(app, { type: 'otp.created', expiresAt })
  const kept = await publish(app, { type: 'otp.created', expiresAt: new Date(Date.now() + 3_600_000).toISOString() })
  const cancelled = await until('it is given up', async () => {
    const delivery = await deliveryOf(late)
    return delivery.status === 'CANCELLED' && delivery
  })
  expect(cancelled).toMatchObject({ expiresAt, lastError: 'given up: its event has expired' })

  await app.ok(RESUME, { id }, { as: ACME })
  await until('the other arrives', async () => (await deliveryOf(kept)).status === 'DELIVERED')
  expect(receiver.requests.map(({ headers }) => headers['webhook-id'])).toEqual([kept])

  expect((await app.fails(REPLAY, { id: cancelled.id }, { as: ACME })).code).toBe('CONFLICT')
  await app.ok(REPLAY, { id: cancelled.id, force: true }, { as: ACME })
  await until('the forced replay arrives', () => receiver.requests.length === 2)
})

test('expirytime of a CloudEvent is expiresAt', async () => {
  const expirytime = '2099-01-31T12:00:00.000Z'
  const event = { specversion: '1.0', id: 'e1', source: 'login', type: 'otp.sent', expirytime }
  const headers = { 'content-type': 'application/cloudevents+json' }
  const response = await app.http('/events', { method: 'POST', body: JSON.stringify(event), headers }, { as: ACME })
  expect(response.status).toBe(202)
  const { events } = await app.ok<{ events: { nodes: { expiresAt: string }[] } }>(
    '{ events(filter: { types: ["otp.sent"] }) { nodes { expiresAt } } }',
  )
  expect(events.nodes).toEqual([{ expiresAt: expirytime }])
})

test('a filter cancels many deliveries, and the final ones are counted', async () => {
  const { id } = await makeWebhook(app, { url: receiver.url, eventTypes: ['stale.*'] })
  await app.ok(PAUSE, { id }, { as: ACME })
  const events = await Promise.all(Array.from({ length: 5 }, () => publish(app, { type: 'stale.made' })))
  const cancel = (input: object) =>
    app.ok<{ cancelDeliveries: object }>(
      'mutation ($input: CancelDeliveriesInput!) { cancelDeliveries(input: $input) { cancelled alreadyFinal beingSent notFound hasMore } }',
      { input: { reason: 'nobody needs them', ...input } },
      { as: ACME },
    )
  const first = await deliveryOf(events[0]!)
  const none = { cancelled: 0, alreadyFinal: 0, beingSent: 0, notFound: 0, hasMore: false }
  expect((await cancel({ deliveryIds: [first.id] })).cancelDeliveries).toEqual({ ...none, cancelled: 1 })
  expect((await cancel({ deliveryIds: [first.id] })).cancelDeliveries).toEqual({ ...none, alreadyFinal: 1 })
  expect((await cancel({ filter: { webhookIds: [id] } })).cancelDeliveries).toEqual({ ...none, cancelled: 4 })
  expect((await deliveryOf(events[4]!)).lastError).toContain('nobody needs them')
  await expect(cancel({ filter: {} })).rejects.toThrow(/input.filter/)
})
