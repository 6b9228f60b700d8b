import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestApp, type TestApp, until } from '../test/harness.ts'
import { ok, type Receiver, startReceiver } from '../test/servers/receivers.ts'
import { type ObservedAttempt, observeAttempts } from './deliveries/metrics.ts'
import { createDelivering, type Delivering } from './pipeline.ts'
import { createWorkerServer, type WorkerServer } from './worker-server.ts'

let app: TestApp
let receiver: Receiver
let server: WorkerServer
let delivering: Delivering
let url: string
/** By how much the worker's clock is wrong. */
let skewMs: number
let seen: ObservedAttempt[]

beforeEach(async () => {
  skewMs = 0
  seen = []
  app = await startTestApp()
  receiver = await startReceiver(ok())
  server = createWorkerServer(app.core)
  const observe = observeAttempts(server.registry)
  const core = { ...app.core, clock: () => Date.now() + skewMs }
  delivering = createDelivering(core, app.pipeline, (attempt) => {
    seen.push(attempt)
    observe(attempt)
  })
  delivering.start()
  url = `http://127.0.0.1:${await server.start(0, '127.0.0.1')}`
})
afterEach(async () => {
  await server.stop()
  await delivering.stop(1_000)
  await receiver.close()
  await app.stop()
})

test('probes answer everybody; metrics require a key that is bound to no tenant', async () => {
  expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: 'ok', service: 'aetherlink-worker' })
  expect((await fetch(`${url}/ready`)).status).toBe(200)
  expect((await fetch(`${url}/metrics`)).status).toBe(401)
  const { createApiKey } = await app.ok<{ createApiKey: { secret: string } }>(
    'mutation { createApiKey(input: { name: "bound", role: VIEWER, tenantId: "tenant-acme" }) { secret } }',
  )
  const bound = { headers: { authorization: `Bearer ${createApiKey.secret}` } }
  expect((await fetch(`${url}/metrics`, bound)).status).toBe(403)
})

test('attempts are counted, and first attempts timed from the acceptance of their event', async () => {
  await app.ok(
    'mutation ($url: String!) { createWebhook(input: { name: "w", url: $url, eventTypes: [] }) { secret } }',
    {
      url: receiver.url,
    },
  )
  await app.ok('mutation { publishEvent(input: { type: "order.created", source: "shop" }) { event { id } } }')
  const metrics = await until('the attempt in the metrics', async () => {
    const text = await server.registry.metrics()
    return text.includes('status="DELIVERED"') ? text : null
  })
  expect(metrics).toMatch(/aetherlink_delivery_attempts_total{kind="STANDARD",status="DELIVERED",error="none"} 1\n/)
  expect(metrics).toMatch(/aetherlink_delivery_first_attempt_delay_seconds_count 1\n/)
  expect(metrics).toMatch(/aetherlink_db_connections{state="in_use"} \d/)
})

test.each([600_000, -600_000])(
  'a worker whose clock is wrong by %i ms measures the delay of a first attempt all the same',
  async (skew) => {
    skewMs = skew
    await app.ok(
      'mutation ($url: String!) { createWebhook(input: { name: "w", url: $url, eventTypes: [] }) { secret } }',
      { url: receiver.url },
    )
    await app.ok('mutation { publishEvent(input: { type: "order.created", source: "shop" }) { event { id } } }')
    const { firstAttemptDelayMs } = await until('the attempt', async () => seen[0] ?? null)
    expect(firstAttemptDelayMs).toBeGreaterThanOrEqual(0)
    expect(firstAttemptDelayMs).toBeLessThan(Math.abs(skew) / 2)
  },
)
