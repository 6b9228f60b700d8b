import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp, until } from '../../../test/harness.ts'
import { ok, startReceiver, status } from '../../../test/servers/receivers.ts'
import { subscribe } from '../../../test/streams.ts'
import { createComponentRecorder } from './components.ts'
import { overall } from './platform-health.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

interface Health {
  platformHealth: {
    status: string
    services: { name: string; status: string }[]
    components: { name: string; status: string }[]
  }
}
const FIELDS = 'status services { name status } components { name status message latencyMs availability24h }'

test('platformHealth has PostgreSQL, Redis and every queue, with its depth and age', async () => {
  const { platformHealth } = await app.ok<Health>(`{ platformHealth { ${FIELDS} } }`, {}, { as: { role: 'VIEWER' } })
  expect(platformHealth).toMatchObject({
    status: 'OK',
    components: expect.arrayContaining([
      { name: 'postgres', status: 'OK', message: null, latencyMs: expect.any(Number), availability24h: null },
      { name: 'redis', status: 'OK', message: null, latencyMs: expect.any(Number), availability24h: null },
      expect.objectContaining({ name: 'queue:periodic', status: 'OK', message: expect.stringContaining('waiting') }),
    ]),
  })
})

test('the web console is a component if UI_HEALTH_URL names it', async () => {
  const web = await startReceiver(ok(200, '{"status":"ok","service":"aetherlink-ui"}'))
  const withWeb = await startTestApp({ env: { UI_HEALTH_URL: new URL('/health.json', web.url).href } })
  const webOf = async () => {
    const { components, status } = (await withWeb.ok<Health>(`{ platformHealth { ${FIELDS} } }`)).platformHealth
    return { ...components.find(({ name }) => name === 'web'), platform: status }
  }
  const becomes = (what: string, expected: object) =>
    until(what, async () => {
      const found = await webOf()
      return Object.entries(expected).every(([key, value]) => Reflect.get(found, key) === value) && found
    })
  try {
    expect(await webOf()).toMatchObject({ status: 'OK', message: null, latencyMs: expect.any(Number), platform: 'OK' })
    expect(web.requests[0]).toMatchObject({ method: 'GET', path: '/health.json' })
    const { host } = new URL(web.url)
    web.behave(status(503))
    await becomes('it fails', { status: 'DOWN', message: `${host} answered 503`, platform: 'DEGRADED' })
    web.behave(ok(200, '{"status":"down"}'))
    await becomes('it reports a fault', { status: 'DOWN', message: `${host} reported the status down` })
    await web.close()
    await becomes('it is gone', { status: 'DOWN', message: `no connection to ${host}` })
  } finally {
    await withWeb.stop()
  }
  const { platformHealth } = await app.ok<Health>(`{ platformHealth { ${FIELDS} } }`)
  expect(platformHealth.components.map(({ name }) => name)).not.toContain('web')
})

test('the overall status is that of the worst component that matters', () => {
  const up = { name: 'postgres', status: 'OK' as const }
  expect(overall([], [up, { name: 'redis', status: 'DOWN' }])).toBe('DEGRADED')
  expect(overall([{ status: 'DOWN' }], [up])).toBe('DEGRADED')
  expect(overall([{ status: 'UNKNOWN' }], [up, { name: 'docker', status: 'UNKNOWN' }])).toBe('OK')
  expect(overall([], [{ name: 'postgres', status: 'DOWN' }])).toBe('DOWN')
})

test('/ops/ping is public, /ops/health is for operators of the installation', async () => {
  expect((await app.http('/ops/ping', {}, { as: null })).status).toBe(200)
  const ask = (as: Parameters<TestApp['http']>[2]) => app.http('/ops/health', {}, as)
  expect((await ask({ as: null })).status).toBe(401)
  expect((await ask({ as: { role: 'AGENT' } })).status).toBe(403)
  expect((await ask({ as: { role: 'OPERATOR', tenantId: 'tenant-a' } })).status).toBe(403)
  const answer = await ask({ as: { role: 'OPERATOR' } })
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({
    status: 'ok',
    services: [],
    components: expect.arrayContaining([expect.objectContaining({ name: 'postgres', status: 'ok' })]),
  })
})

test('a subscription sends the present health and each change', async () => {
  const stream = await subscribe<Health>(app, `subscription { platformHealth { ${FIELDS} } }`, {}, { role: 'VIEWER' })
  await until('the first', () => stream.results.length > 0)
  await app.ok(
    'mutation { registerService(input: { name: "live", url: "worker://a", healthUrl: "", ttlSeconds: 60 }) { created } }',
  )
  await until('the new service', () =>
    stream.results.some(({ platformHealth }) => platformHealth.services.some(({ name }) => name === 'live')),
  )
  await app.ok('mutation { heartbeat(name: "live", status: DOWN) { service { id } } }')
  await until('it is down', () => stream.results.at(-1)?.platformHealth.services[0]?.status === 'DOWN')
  expect(stream.results.at(-1)?.platformHealth.status).toBe('DEGRADED')
  await stream.stop()
})

test('checks that could not be stored are stored later', async () => {
  let isDown = true
  const query: typeof app.core.db.query = (...args) => {
    if (isDown) throw new Error('the database is away')
    return app.core.db.query(...args)
  }
  const record = createComponentRecorder({ db: { ...app.core.db, query }, clock: app.core.clock }, [
    async () => [{ name: 'docker', status: isDown ? 'DOWN' : 'OK', latencyMs: null, message: null }],
  ])
  await expect(record()).rejects.toThrow('away')
  await expect(record()).rejects.toThrow('away')
  isDown = false
  await record()
  expect(
    await app.sql(
      `SELECT sum(ok)::int AS ok, sum(down)::int AS down FROM health_hours WHERE subject = 'component:docker'`,
    ),
  ).toEqual([{ ok: 1, down: 2 }])
})

test('while the servers are down the health names them', async () => {
  const away = await startTestApp({ away: true })
  try {
    const { status, components } = (await away.pipeline) && (await healthOf(away))
    expect(status).toBe('DOWN')
    expect(components).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'postgres', status: 'DOWN' }),
        expect.objectContaining({ name: 'redis', status: 'DOWN' }),
      ]),
    )
  } finally {
    await away.stop()
  }
})

/** Keys are in the database, so that the API itself cannot be called. */
async function healthOf({ core }: TestApp) {
  const { createOpsReading } = await import('../../ops-loop.ts')
  const { platformHealth } = createOpsReading(core)
  return platformHealth.read()
}
