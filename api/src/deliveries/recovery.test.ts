import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACME, makeWebhook, publish } from '../../test/features/deliveries.ts'
import { startTestApp, type TestApp, until } from '../../test/harness.ts'
import { type Receiver, startReceiver, status } from '../../test/servers/receivers.ts'

let app: TestApp
let receiver: Receiver
let webhookId: string
beforeAll(async () => {
  app = await startTestApp({ worker: true })
  receiver = await startReceiver()
  webhookId = (
    await makeWebhook(app, { url: receiver.url, eventTypes: ['r.*'], retrySchedule: [], circuitBreaker: false })
  ).id
})
afterAll(async () => {
  await app?.stop()
  await receiver?.close()
})

interface Shown {
  id: string
  status: string
  recoveredBy: { id: string } | null
}

const FIELDS = 'id status recoveredBy { id }'
const REPLAY = 'mutation ($id: ID!, $force: Boolean) { replayDelivery(id: $id, force: $force) { delivery { id } } }'

const list = async (filter: object) => {
  const answer = await app.ok<{ deliveries: { totalCount: number; nodes: Shown[] } }>(
    `query ($filter: DeliveryFilter) { deliveries(filter: $filter) { totalCount nodes { ${FIELDS} } } }`,
    { filter },
    { as: ACME },
  )
  expect(answer.deliveries.totalCount).toBe(answer.deliveries.nodes.length)
  return answer.deliveries.nodes
}
const shown = async (id: string) =>
  (await app.ok<{ node: Shown }>(`query ($id: ID!) { node(id: $id) { ... on Delivery { ${FIELDS} } } }`, { id })).node
const stats = async () => {
  const { deliveryStats } = await app.ok<{ deliveryStats: Record<string, number> }>(
    '{ deliveryStats(filter: { window: LAST_15M }) { pending deadLetter unrecovered recovered } }',
    {},
    { as: ACME },
  )
  return deliveryStats
}
const ids = (rows: Shown[]) => rows.map(({ id }) => id)

/** A delivery of a new event, after it became final. */
async function deliver(): Promise<string> {
  const event = await publish(app, { type: 'r.x' })
  const [made] = await until('the delivery is final', async () => {
    const rows = await list({ search: event })
    return rows.some((row) => row.status === 'DELIVERED' || row.status === 'DEAD_LETTER') && rows
  })
  return made!.id
}

async function replay(id: string, force = false): Promise<string> {
  const { replayDelivery } = await app.ok<{ replayDelivery: { delivery: { id: string } } }>(
    REPLAY,
    { id, force },
    { as: ACME },
  )
  const made = replayDelivery.delivery.id
  await until('the replay is final', async () => (await shown(made)).status !== 'PENDING')
  return made
}

test('a dead letter is recovered when its replay, or a replay of its replay, is delivered', async () => {
  receiver.behave(status(500))
  const dead = await deliver()
  expect(await stats()).toEqual({ pending: 0, deadLetter: 1, unrecovered: 1, recovered: 0 })

  // A replay that dies too is another dead letter, but not another lost event.
  const failed = await replay(dead)
  expect(await stats()).toEqual({ pending: 0, deadLetter: 2, unrecovered: 1, recovered: 0 })
  expect(ids(await list({ recovered: false }))).toEqual([dead])

  receiver.behave(status(200))
  const sibling = await replay(dead)
  expect(await shown(dead)).toEqual({ id: dead, status: 'DEAD_LETTER', recoveredBy: { id: sibling } })
  expect((await shown(failed)).recoveredBy).toEqual({ id: sibling })
  expect((await shown(sibling)).recoveredBy).toBeNull()
  expect(await stats()).toEqual({ pending: 0, deadLetter: 2, unrecovered: 0, recovered: 2 })
  expect(await list({ recovered: false })).toEqual([])
  expect(ids(await list({ recovered: true })).sort()).toEqual([dead, failed].sort())

  receiver.behave(status(500))
  const second = await deliver()
  const firstTry = await replay(second)
  receiver.behave(status(200))
  const secondTry = await replay(firstTry)
  expect((await shown(second)).recoveredBy).toEqual({ id: secondTry })
  expect(await stats()).toMatchObject({ unrecovered: 0, recovered: 4 })
})

test('a delivery that is recovered or being replayed accepts another replay only if forced', async () => {
  receiver.behave(status(500))
  const dead = await deliver()
  const failed = await replay(dead)
  await app.ok('mutation ($id: ID!) { pauseWebhook(id: $id) { webhook { id } } }', { id: webhookId }, { as: ACME })
  const { replayDelivery } = await app.ok<{ replayDelivery: { delivery: { id: string } } }>(
    REPLAY,
    { id: failed },
    { as: ACME },
  )
  expect(await app.fails(REPLAY, { id: dead }, { as: ACME })).toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining(replayDelivery.delivery.id),
  })
  receiver.behave(status(200))
  await app.ok('mutation ($id: ID!) { resumeWebhook(id: $id) { webhook { id } } }', { id: webhookId }, { as: ACME })
  await until('it is recovered', async () => (await shown(dead)).recoveredBy)
  for (const id of [dead, failed]) {
    expect(await app.fails(REPLAY, { id }, { as: ACME })).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('is recovered'),
    })
  }
  expect((await shown(await replay(dead, true))).status).toBe('DELIVERED')
  expect((await shown(dead)).recoveredBy).toEqual({ id: replayDelivery.delivery.id })
})

test('a cancelled delivery with a delivered replay is recovered', async () => {
  receiver.behave(status(500))
  await app.ok(
    'mutation ($id: ID!) { updateWebhook(id: $id, input: { retrySchedule: [3600] }) { webhook { id } } }',
    { id: webhookId },
    { as: ACME },
  )
  const event = await publish(app, { type: 'r.x' })
  const [retrying] = await until('it retries', async () => {
    const rows = await list({ search: event, statuses: ['FAILED'] })
    return rows.length > 0 && rows
  })
  receiver.behave(status(200))
  const arrived = await replay(retrying!.id)
  expect(await shown(retrying!.id)).toEqual({ id: retrying!.id, status: 'CANCELLED', recoveredBy: { id: arrived } })
  expect(ids(await list({ recovered: true, statuses: ['CANCELLED'] }))).toEqual([retrying!.id])
})
