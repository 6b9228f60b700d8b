import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACME, makeWebhook, OTHER, publish } from '../../test/features/deliveries.ts'
import { startTestApp, type TestApp, until } from '../../test/harness.ts'
import { type Receiver, startReceiver, status } from '../../test/servers/receivers.ts'

let app: TestApp
let receiver: Receiver
let id: string
beforeAll(async () => {
  app = await startTestApp({ worker: true, env: { SWEEP_INTERVAL_MS: '50' } })
  receiver = await startReceiver()
  id = (await makeWebhook(app, { url: receiver.url, eventTypes: ['probed'] })).id
})
afterAll(async () => {
  await app?.stop()
  await receiver?.close()
})

const PROBE = 'mutation ($id: ID!) { probeWebhook(id: $id) { attempt { number statusCode errorKind } } }'
const probe = async () =>
  (await app.ok<{ probeWebhook: { attempt: object } }>(PROBE, { id }, { as: ACME })).probeWebhook.attempt
const causes = async (as = ACME) =>
  (
    await app.ok<{ failureCauses: Record<string, unknown>[] }>(
      `{ failureCauses { webhook { id } errorKind statusCode unrecovered open sampleError likelihood filter
         timeline(buckets: 2) { failed deadLetter delivered } } }`,
      {},
      { as },
    )
  ).failureCauses

test('a probe is sent now regardless of the circuit; a success releases all waiting deliveries', async () => {
  expect(await app.fails(PROBE, { id }, { as: ACME })).toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('no delivery waits'),
  })
  receiver.behave(status(503))
  for (let i = 0; i < 12; i++) await publish(app, { type: 'probed' })
  const circuit = async () =>
    (
      await app.ok<{ node: { circuit: string } }>('query ($id: ID!) { node(id: $id) { ... on Webhook { circuit } } }', {
        id,
      })
    ).node.circuit
  await until('the circuit opens', async () => (await circuit()) === 'OPEN')
  expect(await probe()).toMatchObject({ statusCode: 503, errorKind: 'HTTP_5XX' })
  await until('the circuit is open again', async () => (await circuit()) === 'OPEN')
  const [cause] = await causes()
  expect(cause).toMatchObject({
    webhook: { id },
    errorKind: 'HTTP_5XX',
    statusCode: null,
    unrecovered: 0,
    open: 12,
    sampleError: expect.stringContaining('503'),
    filter: { webhookIds: [id], errorKinds: ['HTTP_5XX'], recovered: false },
  })
  expect(await causes(OTHER)).toEqual([])

  receiver.behave(status(200))
  expect(await probe()).toMatchObject({ statusCode: 200, errorKind: null })
  await until('the circuit closes', async () => (await circuit()) === 'CLOSED')
})

test('a paused webhook and a webhook of another tenant cannot be probed', async () => {
  await app.ok('mutation ($id: ID!) { pauseWebhook(id: $id) { webhook { id } } }', { id }, { as: ACME })
  expect(await app.fails(PROBE, { id }, { as: ACME })).toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('PAUSED'),
  })
  expect((await app.fails(PROBE, { id }, { as: OTHER })).code).toBe('NOT_FOUND')
  expect((await app.fails(PROBE, { id }, { as: { role: 'AGENT', tenantId: 'tenant-acme' } })).code).toBe('FORBIDDEN')
})

test('unrecovered dead letters are grouped by webhook and error, 4xx also by status', async () => {
  const { id: other } = await makeWebhook(app, {
    url: receiver.url,
    eventTypes: ['cause.*'],
    retrySchedule: [],
    circuitBreaker: false,
  })
  const dead = async (code: number) => {
    receiver.behave(status(code))
    const event = await publish(app, { type: 'cause.x' })
    return until('a dead letter', async () => {
      const { deliveries } = await app.ok<{ deliveries: { nodes: { id: string }[] } }>(
        'query ($filter: DeliveryFilter) { deliveries(filter: $filter) { nodes { id } } }',
        { filter: { search: event, statuses: ['DEAD_LETTER'] } },
      )
      return deliveries.nodes[0]?.id
    })
  }
  const ids = [await dead(500), await dead(502), await dead(422), await dead(401), await dead(422)]
  const mine = async () => (await causes()).filter(({ webhook }) => (webhook as { id: string }).id === other)
  const counted = async () =>
    (await mine()).map(({ errorKind, statusCode, unrecovered }) => [errorKind, statusCode, unrecovered]).sort()
  expect(await counted()).toEqual([
    ['HTTP_4XX', 401, 1],
    ['HTTP_4XX', 422, 2],
    ['HTTP_5XX', null, 2],
  ])
  for (const cause of await mine()) {
    const { deliveries } = await app.ok<{ deliveries: { totalCount: number } }>(
      'query ($filter: DeliveryFilter) { deliveries(filter: $filter) { totalCount } }',
      { filter: cause.filter },
      { as: ACME },
    )
    expect(deliveries.totalCount).toBe(cause.unrecovered)
    expect(cause.timeline).toMatchObject([{ deadLetter: 0 }, { deadLetter: cause.unrecovered }])
  }
  receiver.behave(status(200))
  for (const dlv of ids.slice(0, 3))
    await app.ok('mutation ($id: ID!) { replayDelivery(id: $id) { delivery { id } } }', { id: dlv }, { as: ACME })
  await until('they are recovered', async () => (await counted()).length === 2)
  expect(await counted()).toEqual([
    ['HTTP_4XX', 401, 1],
    ['HTTP_4XX', 422, 1],
  ])
})
