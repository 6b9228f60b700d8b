import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeWebhook, seedAttempt, seedDelivery } from '../../test/features/deliveries.ts'
import { type As, startTestApp, type TestApp } from '../../test/harness.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.stop())

test('statistics count the deliveries that match the filter', async () => {
  const as: As = { role: 'OPERATOR', tenantId: 'tenant-stats' }
  const tenant = 'tenant-stats'
  const { id: webhook } = await makeWebhook(app, {}, as)
  await seedDelivery(app, { tenant, webhook, status: 'PENDING', age: 50_000 })
  await seedDelivery(app, { tenant, webhook, status: 'FAILED', attempts: 2, age: 40_000 })
  await seedDelivery(app, { tenant, webhook, status: 'FAILED', attempts: 1 })
  for (const latency of [10, 20, 30]) {
    const delivered = await seedDelivery(app, { tenant, webhook, status: 'DELIVERED', attempts: 1, latency })
    await seedAttempt(app, webhook, delivered, 1, null)
  }
  await seedDelivery(app, { tenant, webhook, status: 'DEAD_LETTER', attempts: 3, age: 20_000 })
  await seedDelivery(app, { tenant, webhook, status: 'CANCELLED' })
  await seedDelivery(app, { tenant: 'tenant-acme', webhook, status: 'PENDING' })

  type Stats = {
    pending: number
    timeline: { start: string; delivered: number; failed: number; deadLetter: number }[]
    oldestPendingAt: string
    latencyP95Ms: number
    deliveredPerSecond: number
  }
  const { deliveryStats: stats } = await app.ok<{ deliveryStats: Stats }>(
    `{ deliveryStats(filter: { window: LAST_15M }) { pending nearFailure delivered failed deadLetter successRate oldestPendingAt deliveredPerSecond
       latencyP95Ms timeline(buckets: 3) { start delivered failed deadLetter } } }`,
    {},
    { as },
  )
  expect(stats).toMatchObject({ pending: 3, nearFailure: 1, delivered: 3, failed: 2, deadLetter: 1, successRate: 0.75 })
  expect(stats.deliveredPerSecond).toBeCloseTo(3 / 60)
  expect(stats.latencyP95Ms).toBeCloseTo(29)
  expect(Date.now() - Date.parse(stats.oldestPendingAt)).toBeGreaterThan(49_000)
  expect(stats.timeline.map(({ delivered, failed, deadLetter }) => [delivered, failed, deadLetter])).toEqual([
    [0, 0, 0],
    [0, 0, 0],
    [3, 2, 1],
  ])
  expect(Date.parse(stats.timeline[2]!.start) - Date.parse(stats.timeline[1]!.start)).toBe(300_000)

  const { deliveries } = await app.ok<{ deliveries: { totalCount: number; nodes: Record<string, unknown>[] } }>(
    '{ deliveries(filter: { lastAttemptNext: true }) { totalCount nodes { status attemptCount maxAttempts } } }',
    {},
    { as },
  )
  expect(deliveries).toEqual({ totalCount: 1, nodes: [{ status: 'FAILED', attemptCount: 2, maxAttempts: 3 }] })

  for (const buckets of [0, 501]) {
    const failure = await app.fails(
      'query ($n: Int) { deliveryStats { timeline(buckets: $n) { start } } }',
      { n: buckets },
      { as },
    )
    expect(failure).toMatchObject({ code: 'BAD_USER_INPUT', path: ['buckets'] })
  }
})
