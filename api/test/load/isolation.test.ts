import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGate, type Lanes, PUBLISH, startLanes, WORKER } from '../features/lanes.ts'
import { startTestApp, until } from '../harness.ts'
import {
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
} from '../servers/receivers.ts'

/** The timeout of webhooks whose requests are expected to time out. */
const TIMEOUT_MS = 1_000

let lanes: Lanes
beforeAll(async () => {
  lanes = await startLanes()
})
afterAll(() => lanes.stop())

describe('a misbehaving receiver', () => {
  const bad: ReadonlyArray<[name: string, kind: string, start: () => Promise<Receiver>]> = [
    ['hangs', 'TIMEOUT', () => lanes.receiving(hang())],
    ['answers in 10 s', 'TIMEOUT', () => lanes.receiving(slow(10_000))],
    ['answers 404 and drips a byte a second', 'HTTP_4XX', () => lanes.receiving(drip(1000, 404))],
    ['never reads', 'TIMEOUT', async () => lanes.closing(await startDeafReceiver())],
    ['answers 500 without end', 'HTTP_5XX', () => lanes.receiving(endless(500))],
    ['resets', 'CONNECT', () => lanes.receiving(reset())],
    ['answers 500 and closes early', 'HTTP_5XX', () => lanes.receiving(closeEarly(500))],
    ['sends garbage', 'CONNECT', () => lanes.receiving(garbage())],
    ['redirects', 'REDIRECT', () => lanes.receiving(redirect('http://127.0.0.1:1/elsewhere'))],
    ['has a bad certificate', 'TLS', () => lanes.receiving(ok(), { tls: true })],
  ]

  test('is limited and recorded with its error kind, and does not affect a healthy one', async () => {
    const tenant = 'bad-receivers'
    const healthy = await lanes.webhook(tenant, (await lanes.receiving(ok())).url)
    const ids: string[] = []
    for (const [, kind, start] of bad) {
      // The receivers run in this process, which may be busy. So a webhook has a short timeout only if its failure
      // requires one.
      const limit = kind === 'TIMEOUT' || kind === 'HTTP_4XX' ? { timeoutMs: TIMEOUT_MS } : {}
      ids.push(await lanes.webhook(tenant, (await start()).url, { retrySchedule: [3600], ...limit }))
    }
    await lanes.publish(tenant, 3)
    await until('the healthy one has everything', async () => (await lanes.delivered(healthy)) === 3)

    for (const [i, [name, kind]] of bad.entries()) {
      const rows = await until(`${name}: attempts recorded`, async () => {
        const found = await lanes.deliveriesOf(ids[i]!)
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
    const hanging = await lanes.receiving(hang())
    const bound = 4
    const stuck = await lanes.webhook(tenant, hanging.url, {
      maxConcurrency: bound,
      timeoutMs: 20_000,
      circuitBreaker: false,
    })
    await lanes.publish(tenant, 100)
    await until('the lane is full', () => hanging.requests.length === bound)
    const well = await lanes.receiving(ok())
    const healthy = await lanes.webhook(tenant, well.url)
    await lanes.publish(tenant, 50)
    await until('the healthy one has everything', async () => (await lanes.delivered(healthy)) === 50)

    const waiting = await until(
      'the rest says why it waits',
      async () => {
        const held = (await lanes.deliveriesOf(stuck)).filter(({ holdReason }) => holdReason === 'CONCURRENCY_LIMITED')
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
    const failing = await lanes.receiving(({ response }) => response.writeHead(500).end())
    const first = await lanes.webhook(tenant, failing.url, { retrySchedule: [1, 3600] })
    const second = await lanes.webhook(tenant, (await lanes.receiving(ok())).url)
    await lanes.publish(tenant, 1)
    await until('one is delivered', async () => (await lanes.delivered(second)) === 1)
    await until('the other has been tried twice', async () => (await lanes.deliveriesOf(first))[0]?.attemptCount === 2)
    expect((await lanes.deliveriesOf(second))[0]?.attempts).toHaveLength(1)
  })

  test('that do not match create no rows', async () => {
    const tenant = 'not-for-them'
    for (let i = 0; i < 100; i++)
      await lanes.webhook(tenant, `http://127.0.0.1:9/${i}`, { eventTypes: [`other.${i}.*`] })
    await lanes.publish(tenant, 20)
    expect(await lanes.app.sql('SELECT 1 FROM deliveries WHERE tenant_id = $1', [tenant])).toEqual([])
  })
})

describe('a delivery in flight', () => {
  test('is not sent again even if the database lost its claim', async () => {
    const tenant = 'forgotten'
    const gate = createGate()
    const receiver = await lanes.receiving(gate.behaviour)
    const id = await lanes.webhook(tenant, receiver.url, { timeoutMs: 60_000 })
    await lanes.publish(tenant, 1)
    await until('it is under way', () => receiver.requests.length === 1)
    // Simulates a kill of PostgreSQL, which may lose a claim: a claim is not flushed to disk before the request is
    // sent.
    await lanes.app.sql('UPDATE deliveries SET lease_until = NULL, wake_at = now() WHERE tenant_id = $1', [tenant])
    await until('the sweep has found it', async () => {
      const found = await lanes.app.sql('SELECT 1 FROM deliveries WHERE tenant_id = $1 AND wake_at > now()', [tenant])
      return found.length === 1
    })
    // When a later event has been sent, the lane has examined every earlier delivery.
    await lanes.publish(tenant, 1)
    await until('the next one too', () => receiver.requests.length > 1)
    gate.open()
    await until('both delivered', async () => (await lanes.delivered(id)) === 2)
    expect(receiver.requests).toHaveLength(2)
  })

  test('is returned by a stop that cannot wait for hanging receivers, together with the waiting ones', async () => {
    const own = await startTestApp({ tenants: ['a'], ...WORKER })
    try {
      const gate = createGate()
      const receiver = await lanes.receiving(gate.behaviour)
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
