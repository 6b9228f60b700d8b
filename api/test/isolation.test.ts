import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp, until } from './harness.ts'
import {
  type Behaviour,
  big,
  closeEarly,
  drip,
  endless,
  garbage,
  hang,
  ok,
  type Receiver,
  redirect,
  reset,
  slow,
  startDeafReceiver,
  startReceiver,
} from './receivers.ts'

/** A webhook's time limit here: short, so that a hundred time-outs fit into a test. */
const TIMEOUT_MS = 700
const PUBLISH = `mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted results { error { message } } } }`

let app: TestApp
const receivers: Receiver[] = []

beforeAll(async () => {
  app = await startTestApp({ worker: true, env: { SWEEP_INTERVAL_MS: '50' } })
})
afterAll(async () => {
  await app.stop()
  await Promise.all(receivers.map((receiver) => receiver.close()))
})

const receiving = async (behaviour: Behaviour, options?: { tls: boolean }) => {
  const receiver = await startReceiver(behaviour, options)
  receivers.push(receiver)
  return receiver
}
const webhook = async (tenantId: string, url: string, input: object = {}) => {
  const made = await app.ok<{ createWebhook: { webhook: { id: string } } }>(
    'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }',
    { input: { name: url, url, tenantId, eventTypes: ['order.*'], timeoutMs: TIMEOUT_MS, ...input } },
  )
  return made.createWebhook.webhook.id
}
const publish = async (tenantId: string, count: number, type = 'order.created') => {
  const input = Array.from({ length: count }, (_, i) => ({ type, source: 'shop', tenantId, payload: { i } }))
  const { publishEvents } = await app.ok<{ publishEvents: { accepted: number } }>(PUBLISH, { input })
  expect(publishEvents.accepted).toBe(count)
}
interface Shown {
  status: string
  holdReason: string | null
  attemptCount: number
  lastErrorKind: string | null
  attempts: { durationMs: number; errorKind: string | null; responseBody: string | null }[]
}
const deliveriesOf = async (id: string) =>
  (
    await app.ok<{ deliveries: { nodes: Shown[] } }>(
      `query ($ids: [ID!]) { deliveries(first: 200, filter: { webhookIds: $ids }) { nodes {
        status holdReason attemptCount lastErrorKind attempts { durationMs errorKind responseBody } } } }`,
      { ids: [id] },
    )
  ).deliveries.nodes
const delivered = async (id: string) => (await deliveriesOf(id)).filter(({ status }) => status === 'DELIVERED').length

describe('a receiver that behaves badly', () => {
  const bad: ReadonlyArray<[name: string, kind: string, start: () => Promise<Receiver>]> = [
    ['hangs', 'TIMEOUT', () => receiving(hang())],
    ['answers in 10 s', 'TIMEOUT', () => receiving(slow(10_000))],
    ['drips a byte a second', 'TIMEOUT', () => receiving(drip())],
    [
      'never reads',
      'TIMEOUT',
      async () => {
        const deaf = await startDeafReceiver()
        receivers.push(deaf)
        return deaf
      },
    ],
    ['answers without end', 'BODY_TOO_LARGE', () => receiving(endless())],
    ['answers with 5 MB', 'BODY_TOO_LARGE', () => receiving(big())],
    ['resets', 'CONNECT', () => receiving(reset())],
    ['closes early', 'CONNECT', () => receiving(closeEarly())],
    ['sends garbage', 'CONNECT', () => receiving(garbage())],
    ['redirects', 'REDIRECT', () => receiving(redirect('http://127.0.0.1:1/elsewhere'))],
    ['has a bad certificate', 'TLS', () => receiving(ok(), { tls: true })],
  ]

  test('is bounded and recorded with its kind, whatever it does, and has no effect on a healthy one', async () => {
    const tenant = 'bad-receivers'
    const healthy = await webhook(tenant, (await receiving(ok())).url)
    const ids: string[] = []
    for (const [, , start] of bad) ids.push(await webhook(tenant, (await start()).url, { retrySchedule: [3600] }))
    await publish(tenant, 3)
    await until('the healthy one has everything', async () => (await delivered(healthy)) === 3)

    for (const [i, [name, kind]] of bad.entries()) {
      const rows = await until(`${name}: attempts recorded`, async () => {
        const found = await deliveriesOf(ids[i]!)
        return found.every(({ attemptCount }) => attemptCount === 1) && found
      })
      for (const row of rows) {
        expect(row, name).toMatchObject({ status: 'FAILED', lastErrorKind: kind })
        expect(row.attempts, name).toEqual([expect.objectContaining({ errorKind: kind })])
        expect(row.attempts[0]!.responseBody?.length ?? 0, name).toBeLessThanOrEqual(16 * 1024)
      }
    }
  })

  test('with a hundred deliveries waiting fills its own lane only, and they show why they wait', async () => {
    const tenant = 'one-hangs'
    const hanging = await receiving(hang())
    const bound = 4
    const stuck = await webhook(tenant, hanging.url, {
      maxConcurrency: bound,
      timeoutMs: 20_000,
      circuitBreaker: false,
    })
    await publish(tenant, 100)
    await until('the lane is full', () => hanging.requests.length === bound)
    const well = await receiving(ok())
    const healthy = await webhook(tenant, well.url)
    await publish(tenant, 50)
    await until('the healthy one has everything', async () => (await delivered(healthy)) === 50)

    const waiting = await until('the rest says why it waits', async () => {
      const held = (await deliveriesOf(stuck)).filter(({ holdReason }) => holdReason === 'CONCURRENCY_LIMITED')
      return held.length >= 150 - 3 * bound && held
    })
    expect(waiting.every(({ attemptCount }) => attemptCount === 0)).toBe(true)
    expect(hanging.requests.length).toBe(bound)
    expect(hanging.openConnections).toBe(bound)
  })
})

describe('two webhooks of one event', () => {
  test('have each a schedule of their own', async () => {
    const tenant = 'two'
    const failing = await receiving(({ response }) => response.writeHead(500).end())
    const first = await webhook(tenant, failing.url, { retrySchedule: [1, 3600] })
    const second = await webhook(tenant, (await receiving(ok())).url)
    await publish(tenant, 1)
    await until('one is delivered', async () => (await delivered(second)) === 1)
    await until('the other has been tried twice', async () => (await deliveriesOf(first))[0]?.attemptCount === 2)
    expect((await deliveriesOf(second))[0]?.attempts).toHaveLength(1)
  })

  test('that do not match cost nothing: a hundred of them leave no row', async () => {
    const tenant = 'not-for-them'
    for (let i = 0; i < 100; i++) await webhook(tenant, `http://127.0.0.1:9/${i}`, { eventTypes: [`other.${i}.*`] })
    await publish(tenant, 20)
    expect(await app.sql('SELECT 1 FROM deliveries WHERE tenant_id = $1', [tenant])).toEqual([])
  })
})

describe('limits', () => {
  test('a rate is kept, the burst of one second included, and what waits says so', async () => {
    const tenant = 'rated'
    const rate = 5
    const receiver = await receiving(ok())
    const id = await webhook(tenant, receiver.url, { ratePerSecond: rate })
    await publish(tenant, 30)
    await until('some wait for the rate', async () =>
      (await deliveriesOf(id)).some(({ holdReason }) => holdReason === 'RATE_LIMITED'),
    )
    await until('15 came', () => receiver.requests.length >= 15, 20_000)
    const times = receiver.requests.map(({ at }) => at)
    for (const from of times) {
      expect(times.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(2 * rate + 1)
    }
  })

  test('a paused webhook keeps its deliveries, untried; resuming drains them', async () => {
    const tenant = 'paused'
    const receiver = await receiving(ok())
    const id = await webhook(tenant, receiver.url)
    await app.ok('mutation ($id: ID!) { pauseWebhook(id: $id) { webhook { state } } }', { id })
    await publish(tenant, 40)
    const held = await until('held', async () => {
      const rows = await deliveriesOf(id)
      return rows.length === 40 && rows.every(({ holdReason }) => holdReason === 'WEBHOOK_PAUSED') && rows
    })
    expect(held.every(({ attemptCount, status }) => attemptCount === 0 && status === 'PENDING')).toBe(true)
    expect(receiver.requests).toEqual([])
    await app.ok('mutation ($id: ID!) { resumeWebhook(id: $id) { webhook { state } } }', { id })
    await until('drained', async () => (await delivered(id)) === 40)
    expect(receiver.requests).toHaveLength(40)
  })
})
