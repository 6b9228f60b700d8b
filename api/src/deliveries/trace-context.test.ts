import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSender, event } from '../../test/features/cloudevents.ts'
import { ACME, makeWebhook, publish } from '../../test/features/deliveries.ts'
import { startTestApp, type TestApp, until } from '../../test/harness.ts'
import { ok, type Receiver, startReceiver, status } from '../../test/servers/receivers.ts'

let app: TestApp
let receiver: Receiver
let to: ReturnType<typeof createSender>
beforeAll(async () => {
  app = await startTestApp({ worker: true })
  receiver = await startReceiver()
  to = createSender(app)
  await makeWebhook(app, { url: receiver.url, eventTypes: ['traced.*'], retrySchedule: [1, 1] })
})
afterAll(async () => {
  await app.stop()
  await receiver.close()
})

let traces = 0
/** The traceparent of a new trace. */
const newTrace = () => `00-${(++traces).toString(16).padStart(32, 'a')}-b7ad6b7169203331-01`
const idIn = (traceparent: unknown) => String(traceparent).slice(3, 35)
const arrived = (count: number, id: string) =>
  until('it arrives', () => {
    const those = receiver.requests.filter(({ headers }) => headers['webhook-id'] === id)
    return those.length >= count && those
  })

const headers = (traceparent: string, tracestate = 'congo=t61') => ({ traceparent, tracestate })
const PUBLISH = 'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id traceId } } }'
const input = { type: 'traced.graphql', source: 'shop' }
const json = { 'content-type': 'application/cloudevents+json' }
const cloudEvent = (over: object = {}) => ({
  ...event(`traced-${++traces}`),
  type: 'traced.event',
  tenantid: 'tenant-acme',
  ...over,
})

test.each([
  [
    'the header of a GraphQL request',
    async (trace: string) =>
      (
        await app.ok<{ publishEvent: { event: { id: string } } }>(
          PUBLISH,
          { input },
          { as: ACME, headers: headers(trace) },
        )
      ).publishEvent.event.id,
  ],
  [
    'the input of publishEvent, rather than the header',
    async (traceparent: string) =>
      (
        await app.ok<{ publishEvent: { event: { id: string } } }>(
          PUBLISH,
          { input: { ...input, traceparent, tracestate: 'congo=t61' } },
          { as: ACME, headers: headers(newTrace(), 'other=1') },
        )
      ).publishEvent.event.id,
  ],
  [
    'the header of a request to /events',
    async (trace: string) =>
      (await to.send(JSON.stringify(cloudEvent()), { ...json, ...headers(trace) }, { as: ACME })).body.id,
  ],
  [
    'the extension of a structured event, rather than the header',
    async (traceparent: string) =>
      (
        await to.send(
          JSON.stringify(cloudEvent({ traceparent, tracestate: 'congo=t61' })),
          { ...json, ...headers(newTrace(), 'other=1') },
          { as: ACME },
        )
      ).body.id,
  ],
  [
    'the extension of a binary event',
    async (traceparent: string) =>
      (await to.binary(cloudEvent({ traceparent, tracestate: 'congo=t61' }), '{}', 'application/json', { as: ACME }))
        .body.id,
  ],
])('%s is stored and sent on', async (_, send) => {
  const trace = newTrace()
  const id = await send(trace)
  expect(await to.stored(id)).toMatchObject({ traceParent: trace, traceState: 'congo=t61' })
  const [request] = await arrived(1, id)
  expect(request!.headers.traceparent).toMatch(new RegExp(`^00-${idIn(trace)}-[\\da-f]{16}-01$`))
  expect(request!.headers.tracestate).toBe('congo=t61')
  const { node } = await app.ok<{
    node: { traceId: string; deliveries: { nodes: { attempts: { requestHeaders: object }[] }[] } }
  }>(
    'query ($id: ID!) { node(id: $id) { ... on Event { traceId deliveries { nodes { attempts { requestHeaders } } } } } }',
    { id },
  )
  expect(node.traceId).toBe(idIn(trace))
  await until('the attempt is recorded with the header', async () => {
    const [attempt] = await app.sql<{ sent: string }>(
      `SELECT request_headers ->> 'traceparent' AS sent FROM delivery_attempts WHERE request_headers ->> 'webhook-id' = $1`,
      [id],
    )
    return attempt?.sent === request!.headers.traceparent
  })
})

test('the header of a batch applies to all events without their own trace', async () => {
  const [ofBatch, own] = [newTrace(), newTrace()]
  const events = [cloudEvent(), cloudEvent({ traceparent: own }), cloudEvent({ traceparent: 'nonsense' })]
  const { body } = await to.send(
    JSON.stringify(events),
    { 'content-type': 'application/cloudevents-batch+json', traceparent: ofBatch },
    { as: ACME },
  )
  const [first, second, third] = body.results!
  expect(await to.stored(first!.id!)).toMatchObject({ traceParent: ofBatch, traceState: null })
  expect(await to.stored(second!.id!)).toMatchObject({ traceParent: own })
  expect(third!.problem).toMatchObject({ status: 400, errors: [{ pointer: '#/2/traceparent' }] })
})

test('an invalid header is ignored, and an invalid field is refused', async () => {
  const { publishEvent } = await app.ok<{ publishEvent: { event: { id: string; traceId: null } } }>(
    PUBLISH,
    { input },
    { as: ACME, headers: headers(`00-${'0'.repeat(32)}-b7ad6b7169203331-01`) },
  )
  expect(publishEvent.event.traceId).toBeNull()
  const [request] = await arrived(1, publishEvent.event.id)
  expect(request!.headers.traceparent).toBeUndefined()
  expect(request!.headers.tracestate).toBeUndefined()

  const refused = await app.fails(PUBLISH, { input: { ...input, traceparent: 'nonsense' } }, { as: ACME })
  expect(refused).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringContaining('input.traceparent') })
  const state = { ...input, traceparent: newTrace(), tracestate: 'NO' }
  expect((await app.fails(PUBLISH, { input: state }, { as: ACME })).message).toContain('input.tracestate')
  const answer = await to.binary(cloudEvent({ traceparent: 'nonsense' }), '{}', 'application/json', { as: ACME })
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ header: 'ce-traceparent' }] } })
})

test('retries and a replay keep the trace, and each attempt has its own parent id', async () => {
  const trace = newTrace()
  let refused = 0
  receiver.behave((exchange) =>
    (exchange.received.body.includes('traced.retried') && refused++ === 0 ? status(503) : ok())(exchange),
  )
  const id = await publish(app, { type: 'traced.retried', traceparent: trace })
  await arrived(2, id)
  const delivery = await until('it is delivered', async () => {
    const { node } = await app.ok<{ node: { deliveries: { nodes: { id: string; status: string }[] } } }>(
      'query ($id: ID!) { node(id: $id) { ... on Event { deliveries { nodes { id status } } } } }',
      { id },
    )
    return node.deliveries.nodes.find(({ status }) => status === 'DELIVERED')
  })
  await app.ok('mutation ($id: ID!) { replayDelivery(id: $id, force: true) { delivery { id } } }', { id: delivery.id })
  const parents = (await arrived(3, id)).map(({ headers }) => String(headers.traceparent))
  expect(parents.map(idIn)).toEqual([idIn(trace), idIn(trace), idIn(trace)])
  expect(new Set(parents).size).toBe(3)
})

test('exports and the request log have the trace', async () => {
  const trace = newTrace()
  const requestId = 'traced-request'
  await app.ok(
    PUBLISH,
    { input: { ...input, type: 'traced.exported' } },
    { as: ACME, headers: { ...headers(trace), 'x-request-id': requestId } },
  )
  const line = await until('its line', () => app.requests.find((request) => request.request_id === requestId))
  expect(line).toMatchObject({ trace_id: idIn(trace) })
  const exported = await (await app.http('/exports/events?types=traced.exported', {}, { as: ACME })).text()
  expect(JSON.parse(exported)).toMatchObject({ traceparent: trace, tracestate: 'congo=t61' })
  await app.ok('{ viewer { roles } }', {}, { headers: { 'x-request-id': 'untraced-request' } })
  const untraced = await until('its line', () => app.requests.find((r) => r.request_id === 'untraced-request'))
  expect(untraced).not.toHaveProperty('trace_id')
})
