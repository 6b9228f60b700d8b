import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestClock, startTestApp, type TestApp, until } from '../../../test/harness.ts'
import { hang, ok, type Receiver, redirect, startReceiver, status } from '../../../test/servers/receivers.ts'
import { createOpsLoop, type OpsLoop } from '../../ops-loop.ts'

const clock = createTestClock()
let app: TestApp
let loop: OpsLoop
let service: Receiver
beforeAll(async () => {
  const env = { PROBE_ALLOWED_CIDRS: '127.0.0.0/8', PROBE_TIMEOUT_MS: '300' }
  app = await startTestApp({ clock, env })
  loop = await createOpsLoop(app.core, app.pipeline)
})
afterAll(async () => {
  await loop.stop(0)
  await app.stop()
})
beforeEach(async () => {
  await app.sql('TRUNCATE services, service_instances, health_hours')
  service = await startReceiver(ok(200, '{"status":"ok"}'))
})
afterEach(() => service.close())

interface Row {
  status: string
  lastError: string | null
  latencyMs: number | null
  lastCheckedAt: string | null
}
const read = async (name = 'crm'): Promise<Row | undefined> => {
  const { services } = await app.ok<{ services: { nodes: Row[] } }>(
    `{ services(filter: { search: "${name}" }) { nodes { status lastError latencyMs lastCheckedAt availability24h availability30d history(hours: 2) { ok degraded down latencyMaxMs } } } }`,
  )
  return services.nodes[0]
}
const register = (input: object = {}) =>
  app.ok('mutation ($input: RegisterServiceInput!) { registerService(input: $input) { created } }', {
    input: { name: 'crm', url: service.url, healthUrl: service.url, ...input },
  })
/** The next check, at any time. */
const check = async () => {
  clock.advance(17_000)
  await loop.monitor.once()
  return (await read())?.status
}
const checks = async (count: number) => {
  const found: (string | undefined)[] = []
  for (let i = 0; i < count; i++) found.push(await check())
  return found
}
const told = async (count: number) =>
  until(`${count} events`, async () => {
    await app.pipeline.publisher.idle()
    const rows = await app.sql<{ type: string; payload: Record<string, unknown> }>(
      `SELECT type, payload FROM events WHERE type LIKE 'service.health.%' OR type = 'service.unregistered' ORDER BY seq`,
    )
    return rows.length >= count ? rows : null
  })

describe('a service that is probed', () => {
  test('goes down after three failures in a row and up after two successes, each with an event', async () => {
    await register()
    expect(await check()).toBe('OK')
    expect(service.requests[0]).toMatchObject({ method: 'GET', path: '/hook' })
    service.behave(status(503))
    expect(await checks(3)).toEqual(['OK', 'OK', 'DOWN'])
    expect(await read()).toMatchObject({ lastError: expect.stringContaining('answered 503') })
    service.behave(ok())
    expect(await checks(2)).toEqual(['DOWN', 'OK'])
    const [failed, recovered] = await told(2)
    expect(failed).toMatchObject({ type: 'service.health.failed', payload: { service: 'crm', status: 'DOWN' } })
    expect(recovered).toMatchObject({ type: 'service.health.recovered', payload: { previousStatus: 'DOWN' } })
    expect(await read()).toMatchObject({ lastError: null, latencyMs: expect.any(Number) })
  })

  test('reports itself as degraded; a redirect, a hang and a refused connection are failures', async () => {
    await register()
    service.behave(ok(200, '{"status":"degraded","message":"queue is long"}'))
    expect(await check()).toBe('DEGRADED')
    expect(await read()).toMatchObject({ lastError: expect.stringContaining('queue is long') })
    for (const [behaviour, error] of [
      [redirect('http://127.0.0.1:1/'), 'redirects are not followed'],
      [hang(), 'did not answer within 0.3 s'],
    ] as const) {
      service.behave(behaviour)
      await check()
      expect(await read()).toMatchObject({ lastError: expect.stringContaining(error) })
    }
    await service.close()
    await check()
    expect(await read()).toMatchObject({ status: 'DOWN', lastError: expect.stringContaining('refused') })
  })

  test('keeps its status until the event of the change is published', async () => {
    let failures = 1
    const fragile = await createOpsLoop(app.core, {
      publishInTransaction: (source, work) =>
        app.pipeline.publishInTransaction(source, (client, publish) =>
          work(client, async (events) => {
            if (failures-- > 0) throw new Error('the connection was lost')
            return publish(events)
          }),
        ),
    })
    const { length } = await told(0)
    const check = async () => {
      clock.advance(17_000)
      await fragile.monitor.once()
      return (await read())?.status
    }
    await register()
    service.behave(status(503))
    expect(await check()).toBe('UNKNOWN')
    expect(await told(length)).toHaveLength(length)
    expect(await check()).toBe('DOWN')
    expect((await told(length + 1)).slice(length)).toMatchObject([{ type: 'service.health.failed' }])
    await fragile.stop(0)
  })

  test('is requested once in an interval by all workers, and starts again with another URL', async () => {
    await register()
    clock.advance(17_000)
    const other = await createOpsLoop(app.core, app.pipeline)
    await Promise.all([loop.monitor.once(), other.monitor.once(), loop.monitor.once()])
    await other.stop(0)
    expect(service.requests).toHaveLength(1)
    await register({ healthUrl: `${service.url}/other` })
    expect(await read()).toMatchObject({ status: 'UNKNOWN', lastCheckedAt: null })
    await loop.monitor.once()
    expect(service.requests.at(-1)?.path).toBe('/hook/other')
  })

  test('has its checks counted by the hour', async () => {
    // The first checks take more than a minute, and all of them belong to one hour.
    clock.advance(3_600_000 - (clock() % 3_600_000))
    await register()
    await check()
    service.behave(status(500))
    await checks(3)
    clock.advance(3_600_000)
    service.behave(ok())
    await checks(2)
    const { history, ...row } = (await read()) as Row & { history: object[] }
    // The status counts, not a single result: two failures do not change it.
    expect(row).toMatchObject({ availability24h: 4 / 6, availability30d: 4 / 6 })
    expect(history).toEqual([
      { ok: 3, degraded: 0, down: 1, latencyMaxMs: expect.any(Number) },
      { ok: 1, degraded: 0, down: 1, latencyMaxMs: expect.any(Number) },
    ])
  })

  test('that hangs delays no other', async () => {
    await register()
    service.behave(hang())
    const quick = await startReceiver()
    await register({ name: 'quick', url: quick.url, healthUrl: quick.url })
    const patient = await createOpsLoop(
      { ...app.core, env: { ...app.core.env, PROBE_TIMEOUT_MS: 60_000 } },
      app.pipeline,
    )
    clock.advance(17_000)
    const slow = patient.monitor.once()
    await until('the quick one', async () => (await read('quick'))?.status === 'OK')
    expect((await read())?.status).toBe('UNKNOWN')
    await service.close()
    await slow
    expect((await read())?.status).toBe('DOWN')
    await patient.stop(0)
    await quick.close()
  })
})

describe('a service with a time to live', () => {
  test('is down without a heartbeat, healthy again with the next one, and removed after a day', async () => {
    const { length } = await told(0)
    await register({ healthUrl: '', ttlSeconds: 60 })
    expect(await checks(3)).toEqual(['OK', 'OK', 'OK'])
    expect(await check()).toBe('DOWN')
    expect(await read()).toMatchObject({ lastError: 'no heartbeat for 60 s' })
    await app.ok('mutation { heartbeat(name: "crm") { service { status } } }')
    expect((await read())?.status).toBe('OK')
    clock.advance(86_400_000)
    await loop.monitor.once()
    expect((await read())?.status).toBe('DOWN')
    clock.advance(61_000)
    await loop.monitor.once()
    expect(await read()).toBeUndefined()
    expect(await app.sql('SELECT FROM health_hours')).toEqual([])
    const events = (await told(length + 4)).slice(-4).map(({ type }) => type)
    expect(events).toEqual([
      'service.health.failed',
      'service.health.recovered',
      'service.health.failed',
      'service.unregistered',
    ])
  })

  test('is found down when its time has expired, before its next probe would be due', async () => {
    await register({ ttlSeconds: 5 })
    await loop.monitor.once()
    clock.advance(5_200)
    await loop.monitor.once()
    expect((await read())?.status).toBe('DOWN')
  })
})
