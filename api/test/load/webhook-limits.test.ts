import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tryUuid } from '../../src/kit/ids.ts'
import { createGate, type Lanes, startLanes } from '../features/lanes.ts'
import { until } from '../harness.ts'
import { ok } from '../servers/receivers.ts'

let lanes: Lanes
beforeAll(async () => {
  lanes = await startLanes()
})
afterAll(() => lanes.stop())

describe('limits', () => {
  test('a rate limit is enforced including its burst, and waiting deliveries have a hold reason', async () => {
    const tenant = 'rated'
    const rate = 5
    const receiver = await lanes.receiving(ok())
    const id = await lanes.webhook(tenant, receiver.url, { ratePerSecond: rate })
    await lanes.publish(tenant, 100)
    // The sweep sets the hold reason of deliveries that no worker has in memory, once they have waited for
    // HANDOFF_GRACE_MS.
    const isLimited = async () => (await lanes.deliveriesOf(id)).some(({ holdReason }) => holdReason === 'RATE_LIMITED')
    await until('some wait for the rate', isLimited, 25_000)
    await until('15 came', () => receiver.requests.length >= 15, 20_000)
    const times = receiver.requests.map(({ at }) => at)
    for (const from of times) {
      expect(times.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(2 * rate + 1)
    }
  })

  test('a rate limit is enforced between single deliveries without a backlog', async () => {
    const tenant = 'rated-singly'
    const receiver = await lanes.receiving(ok())
    const id = await lanes.webhook(tenant, receiver.url, { ratePerSecond: 1 })
    for (let i = 1; i <= 4; i++) {
      await lanes.publish(tenant, 1)
      await until(`delivery ${i}`, async () => (await lanes.delivered(id)) === i)
    }
    const sent = await lanes.app.sql<{ at: Date }>(
      'SELECT started_at AS at FROM delivery_attempts WHERE webhook_id = $1',
      [tryUuid('whk', id)],
    )
    const times = sent.map(({ at }) => at.getTime())
    for (const from of times)
      expect(times.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(2)
  })

  test('the concurrency limit is enforced, others have a hold reason, and all are sent once the receiver answers', async () => {
    const tenant = 'bounded'
    const gate = createGate()
    const receiver = await lanes.receiving(gate.behaviour)
    const id = await lanes.webhook(tenant, receiver.url, { maxConcurrency: 3, timeoutMs: 60_000 })
    await lanes.publish(tenant, 60)
    await until('as many under way as may be', () => receiver.requests.length === 3)
    await until('the rest held', async () =>
      (await lanes.deliveriesOf(id)).some(({ holdReason }) => holdReason === 'CONCURRENCY_LIMITED'),
    )
    gate.open()
    await until('all delivered', async () => (await lanes.delivered(id)) === 60)
    expect(gate.most()).toBe(3)
    expect(receiver.requests).toHaveLength(60)
    expect(
      (await lanes.deliveriesOf(id)).every(({ attemptCount, holdReason }) => attemptCount === 1 && !holdReason),
    ).toBe(true)
  })

  test('pausing finishes requests in flight and holds the rest; resuming sends each once', async () => {
    const tenant = 'paused-midway'
    const gate = createGate()
    const receiver = await lanes.receiving(gate.behaviour)
    const id = await lanes.webhook(tenant, receiver.url, { maxConcurrency: 4, timeoutMs: 60_000 })
    await lanes.publish(tenant, 50)
    await until('some under way', () => receiver.requests.length === 4)
    await lanes.app.ok('mutation ($id: ID!) { pauseWebhook(id: $id) { webhook { state } } }', { id })
    gate.open()
    const rows = await until('the rest held', async () => {
      const all = await lanes.deliveriesOf(id)
      return all.every(({ status, holdReason }) => status === 'DELIVERED' || holdReason === 'WEBHOOK_PAUSED') && all
    })
    const held = rows.filter(({ status }) => status !== 'DELIVERED')
    expect(held.length).toBeGreaterThan(0)
    expect(held.every(({ attemptCount }) => attemptCount === 0)).toBe(true)
    await lanes.app.ok('mutation ($id: ID!) { resumeWebhook(id: $id) { webhook { state } } }', { id })
    await until('all delivered', async () => (await lanes.delivered(id)) === 50)
    expect(receiver.requests).toHaveLength(50)
  })

  test('a paused webhook keeps its deliveries without attempts; resuming sends them', async () => {
    const tenant = 'paused'
    const receiver = await lanes.receiving(ok())
    const id = await lanes.webhook(tenant, receiver.url)
    await lanes.app.ok('mutation ($id: ID!) { pauseWebhook(id: $id) { webhook { state } } }', { id })
    await lanes.publish(tenant, 40)
    const held = await until('held', async () => {
      const rows = await lanes.deliveriesOf(id)
      return rows.length === 40 && rows.every(({ holdReason }) => holdReason === 'WEBHOOK_PAUSED') && rows
    })
    expect(held.every(({ attemptCount, status }) => attemptCount === 0 && status === 'PENDING')).toBe(true)
    expect(receiver.requests).toEqual([])
    await lanes.app.ok('mutation ($id: ID!) { resumeWebhook(id: $id) { webhook { state } } }', { id })
    await until('drained', async () => (await lanes.delivered(id)) === 40)
    expect(receiver.requests).toHaveLength(40)
  })
})
