import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tryUuid } from '../../src/kit/ids.ts'
import { addTenants, startTestApp, type TestApp, until } from '../harness.ts'
import {
  type Behaviour,
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
} from '../servers/receivers.ts'

/** The timeout of webhooks whose requests are expected to time out. */
const TIMEOUT_MS = 1_000
const PUBLISH = `mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted results { error { message } } } }`

const TENANTS = [
  'bad-receivers',
  'bounded',
  'forgotten',
  'not-for-them',
  'one-hangs',
  'paused',
  'paused-midway',
  'rated',
  'rated-singly',
  'two',
  'a',
]

let app: TestApp
const receivers: Receiver[] = []

beforeAll(async () => {
  app = await startTestApp({ tenants: TENANTS, worker: true, env: { SWEEP_INTERVAL_MS: '50' } })
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
  await addTenants(app.core, [tenantId])
  const made = await app.ok<{ createWebhook: { webhook: { id: string } } }>(
    'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }',
    { input: { name: url, url, tenantId, eventTypes: ['order.*'], ...input } },
  )
  return made.createWebhook.webhook.id
}
const publish = async (tenantId: string, count: number, type = 'order.created') => {
  const input = Array.from({ length: count }, (_, i) => ({ type, source: 'shop', tenantId, payload: { i } }))
  const { publishEvents } = await app.ok<{ publishEvents: { accepted: number } }>(PUBLISH, { input })
  expect(publishEvents.accepted).toBe(count)
}
/** A gate for a receiver. Requests wait at the gate until it is opened. */
const createGate = () => {
  const waiting = new Set<ServerResponse>()
  let isOpen = false
  let most = 0
  return {
    behaviour: (({ response }) => {
      waiting.add(response)
      most = Math.max(most, waiting.size)
      response.once('close', () => waiting.delete(response))
      if (isOpen) response.end('ok')
    }) satisfies Behaviour,
    /** The maximum number of concurrent requests. */
    most: () => most,
    open() {
      isOpen = true
      for (const response of waiting) response.end('ok')
    },
  }
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

describe('a misbehaving receiver', () => {
  const bad: ReadonlyArray<[name: string, kind: string, start: () => Promise<Receiver>]> = [
    ['hangs', 'TIMEOUT', () => receiving(hang())],
    ['answers in 10 s', 'TIMEOUT', () => receiving(slow(10_000))],
    ['answers 404 and drips a byte a second', 'HTTP_4XX', () => receiving(drip(1000, 404))],
    [
      'never reads',
      'TIMEOUT',
      async () => {
        const deaf = await startDeafReceiver()
        receivers.push(deaf)
        return deaf
      },
    ],
    ['answers 500 without end', 'HTTP_5XX', () => receiving(endless(500))],
    ['resets', 'CONNECT', () => receiving(reset())],
    ['answers 500 and closes early', 'HTTP_5XX', () => receiving(closeEarly(500))],
    ['sends garbage', 'CONNECT', () => receiving(garbage())],
    ['redirects', 'REDIRECT', () => receiving(redirect('http://127.0.0.1:1/elsewhere'))],
    ['has a bad certificate', 'TLS', () => receiving(ok(), { tls: true })],
  ]

  test('is limited and recorded with its error kind, and does not affect a healthy one', async () => {
    const tenant = 'bad-receivers'
    const healthy = await webhook(tenant, (await receiving(ok())).url)
    const ids: string[] = []
    for (const [, kind, start] of bad) {
      // The receivers run in this process, which may be busy. So a webhook has a short timeout only if its failure
      // requires one.
      const limit = kind === 'TIMEOUT' || kind === 'HTTP_4XX' ? { timeoutMs: TIMEOUT_MS } : {}
      ids.push(await webhook(tenant, (await start()).url, { retrySchedule: [3600], ...limit }))
    }
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
        // One of the receivers answers only after ten seconds. The attempt was ended without waiting for that.
        expect(row.attempts[0]!.durationMs, name).toBeLessThan(10_000)
        expect(row.attempts[0]!.responseBody?.length ?? 0, name).toBeLessThanOrEqual(16 * 1024)
      }
    }
  })

  test('with a hundred waiting deliveries fills only its own lane, and they have a hold reason', async () => {
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

    const waiting = await until(
      'the rest says why it waits',
      async () => {
        const held = (await deliveriesOf(stuck)).filter(({ holdReason }) => holdReason === 'CONCURRENCY_LIMITED')
        return held.length >= 150 - 3 * bound && held
        // The sweep sets the hold reason of deliveries that no worker has in memory, once they have waited for
        // HANDOFF_GRACE_MS.
      },
      25_000,
    )
    expect(waiting.every(({ attemptCount }) => attemptCount === 0)).toBe(true)
    expect(hanging.requests.length).toBe(bound)
    expect(hanging.openConnections).toBe(bound)
  })
})

describe('two webhooks of one event', () => {
  test('have independent schedules', async () => {
    const tenant = 'two'
    const failing = await receiving(({ response }) => response.writeHead(500).end())
    const first = await webhook(tenant, failing.url, { retrySchedule: [1, 3600] })
    const second = await webhook(tenant, (await receiving(ok())).url)
    await publish(tenant, 1)
    await until('one is delivered', async () => (await delivered(second)) === 1)
    await until('the other has been tried twice', async () => (await deliveriesOf(first))[0]?.attemptCount === 2)
    expect((await deliveriesOf(second))[0]?.attempts).toHaveLength(1)
  })

  test('that do not match create no rows', async () => {
    const tenant = 'not-for-them'
    for (let i = 0; i < 100; i++) await webhook(tenant, `http://127.0.0.1:9/${i}`, { eventTypes: [`other.${i}.*`] })
    await publish(tenant, 20)
    expect(await app.sql('SELECT 1 FROM deliveries WHERE tenant_id = $1', [tenant])).toEqual([])
  })
})

describe('limits', () => {
  test('a rate limit is enforced including its burst, and waiting deliveries have a hold reason', async () => {
    const tenant = 'rated'
    const rate = 5
    const receiver = await receiving(ok())
    const id = await webhook(tenant, receiver.url, { ratePerSecond: rate })
    await publish(tenant, 100)
    // The sweep sets the hold reason of deliveries that no worker has in memory, once they have waited for
    // HANDOFF_GRACE_MS.
    const isLimited = async () => (await deliveriesOf(id)).some(({ holdReason }) => holdReason === 'RATE_LIMITED')
    await until('some wait for the rate', isLimited, 25_000)
    await until('15 came', () => receiver.requests.length >= 15, 20_000)
    const times = receiver.requests.map(({ at }) => at)
    for (const from of times) {
      expect(times.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(2 * rate + 1)
    }
  })

  test('a rate limit is enforced between single deliveries without a backlog', async () => {
    const tenant = 'rated-singly'
    const receiver = await receiving(ok())
    const id = await webhook(tenant, receiver.url, { ratePerSecond: 1 })
    for (let i = 1; i <= 4; i++) {
      await publish(tenant, 1)
      await until(`delivery ${i}`, async () => (await delivered(id)) === i)
    }
    const sent = await app.sql<{ at: Date }>('SELECT started_at AS at FROM delivery_attempts WHERE webhook_id = $1', [
      tryUuid('whk', id),
    ])
    const times = sent.map(({ at }) => at.getTime())
    for (const from of times)
      expect(times.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(2)
  })

  test('the concurrency limit is enforced, others have a hold reason, and all are sent once the receiver answers', async () => {
    const tenant = 'bounded'
    const gate = createGate()
    const receiver = await receiving(gate.behaviour)
    const id = await webhook(tenant, receiver.url, { maxConcurrency: 3, timeoutMs: 60_000 })
    await publish(tenant, 60)
    await until('as many under way as may be', () => receiver.requests.length === 3)
    await until('the rest held', async () =>
      (await deliveriesOf(id)).some(({ holdReason }) => holdReason === 'CONCURRENCY_LIMITED'),
    )
    gate.open()
    await until('all delivered', async () => (await delivered(id)) === 60)
    expect(gate.most()).toBe(3)
    expect(receiver.requests).toHaveLength(60)
    expect((await deliveriesOf(id)).every(({ attemptCount, holdReason }) => attemptCount === 1 && !holdReason)).toBe(
      true,
    )
  })

  test('pausing finishes requests in flight and holds the rest; resuming sends each once', async () => {
    const tenant = 'paused-midway'
    const gate = createGate()
    const receiver = await receiving(gate.behaviour)
    const id = await webhook(tenant, receiver.url, { maxConcurrency: 4, timeoutMs: 60_000 })
    await publish(tenant, 50)
    await until('some under way', () => receiver.requests.length === 4)
    await app.ok('mutation ($id: ID!) { pauseWebhook(id: $id) { webhook { state } } }', { id })
    gate.open()
    const rows = await until('the rest held', async () => {
      const all = await deliveriesOf(id)
      return all.every(({ status, holdReason }) => status === 'DELIVERED' || holdReason === 'WEBHOOK_PAUSED') && all
    })
    const held = rows.filter(({ status }) => status !== 'DELIVERED')
    expect(held.length).toBeGreaterThan(0)
    expect(held.every(({ attemptCount }) => attemptCount === 0)).toBe(true)
    await app.ok('mutation ($id: ID!) { resumeWebhook(id: $id) { webhook { state } } }', { id })
    await until('all delivered', async () => (await delivered(id)) === 50)
    expect(receiver.requests).toHaveLength(50)
  })

  test('a paused webhook keeps its deliveries without attempts; resuming sends them', async () => {
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

describe('a delivery in flight', () => {
  test('is not sent again even if the database lost its claim', async () => {
    const tenant = 'forgotten'
    const gate = createGate()
    const receiver = await receiving(gate.behaviour)
    const id = await webhook(tenant, receiver.url, { timeoutMs: 60_000 })
    await publish(tenant, 1)
    await until('it is under way', () => receiver.requests.length === 1)
    // Simulates a kill of PostgreSQL, which may lose a claim: a claim is not flushed to disk before the request is
    // sent.
    await app.sql('UPDATE deliveries SET lease_until = NULL, wake_at = now() WHERE tenant_id = $1', [tenant])
    await until('the sweep has found it', async () => {
      const found = await app.sql('SELECT 1 FROM deliveries WHERE tenant_id = $1 AND wake_at > now()', [tenant])
      return found.length === 1
    })
    // When a later event has been sent, the lane has examined every earlier delivery.
    await publish(tenant, 1)
    await until('the next one too', () => receiver.requests.length > 1)
    gate.open()
    await until('both delivered', async () => (await delivered(id)) === 2)
    expect(receiver.requests).toHaveLength(2)
  })

  test('is returned by a stop that cannot wait for hanging receivers, together with the waiting ones', async () => {
    const own = await startTestApp({ tenants: TENANTS, worker: true, env: { SWEEP_INTERVAL_MS: '50' } })
    try {
      const gate = createGate()
      const receiver = await receiving(gate.behaviour)
      const input = {
        name: 'hangs',
        url: receiver.url,
        eventTypes: [],
        tenantId: 'a',
        maxConcurrency: 4,
        timeoutMs: 60_000,
      }
      await own.ok('mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { secret } }', { input })
      const events = Array.from({ length: 30 }, () => ({ type: 'order.created', source: 'shop', tenantId: 'a' }))
      await own.ok(PUBLISH, { input: events })
      await until('some under way', () => receiver.requests.length === 4)

      await own.delivering!.stop(100)
      expect(
        await own.sql(
          `SELECT count(*)::int AS open, count(lease_until)::int AS leased, sum(attempt_count)::int AS attempts
           FROM deliveries WHERE completed_at IS NULL`,
        ),
      ).toEqual([{ open: 30, leased: 0, attempts: 0 }])
      gate.open()
    } finally {
      await own.stop()
    }
  })
})
