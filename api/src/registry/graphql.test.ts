import { hostname } from 'node:os'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestClock, startTestApp, type TestApp, until } from '../../test/harness.ts'
import { createSelfRegistration } from './self/register-process.ts'

const clock = createTestClock()
let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ clock, env: { PROBE_ALLOWED_CIDRS: '127.0.0.0/8' } })
})
afterAll(() => app.stop())
beforeEach(() => app.sql('TRUNCATE services, service_instances, health_hours'))

interface Service {
  id: string
  name: string
  healthUrl: string
  status: string
  lastSeen: string
  dependants: string[]
}

const FIELDS = `id name url healthUrl version rolesRequired tags dependsOn owner status lastSeen ttlSeconds monitored`
const REGISTER = `mutation ($input: RegisterServiceInput!) { registerService(input: $input) { created service { ${FIELDS} } } }`
const register = async (input: object) => {
  const { registerService } = await app.ok<{ registerService: { created: boolean; service: Service } }>(REGISTER, {
    input: { name: 'crm', url: 'http://127.0.0.1:9', ...input },
  })
  return registerService
}
const refused = (input: object) => app.fails(REGISTER, { input: { name: 'crm', url: 'http://127.0.0.1:9', ...input } })
const events = async (count: number) =>
  until(`${count} events`, async () => {
    await app.pipeline.publisher.idle()
    const rows = await app.sql<{ type: string; severity: string; subject: string; payload: Record<string, unknown> }>(
      `SELECT type, severity, subject, payload FROM events WHERE type LIKE 'service.%' AND tenant_id IS NULL ORDER BY seq`,
    )
    return rows.length >= count && rows
  })

describe('registerService', () => {
  test('registers with the defaults of the protocol, and publishes an event', async () => {
    const { created, service } = await register({ url: 'http://127.0.0.1:9/' })
    expect(created).toBe(true)
    expect(service).toMatchObject({
      id: expect.stringMatching(/^svc_/),
      healthUrl: 'http://127.0.0.1:9/ping',
      version: null,
      tags: [],
      status: 'UNKNOWN',
      ttlSeconds: null,
      monitored: false,
    })
    expect((await events(1)).at(-1)).toMatchObject({ type: 'service.registered', severity: 'INFO', subject: 'crm' })
    const [entry] = await app.sql('SELECT action, target_id, outcome FROM audit_entries ORDER BY id DESC LIMIT 1')
    expect(entry).toEqual({ action: 'service.register', target_id: 'crm', outcome: 'ALLOWED' })
  })

  test('updates the service of that name, and publishes no event if only the time changed', async () => {
    const before = (await register({ version: '1', tags: ['a'] })).service
    const { length } = await events(1)
    clock.advance(1_000)
    const again = await register({ version: '1', tags: ['a'] })
    expect(again.created).toBe(false)
    expect(Date.parse(again.service.lastSeen)).toBeGreaterThan(Date.parse(before.lastSeen))
    const changed = (await register({ version: '2', rolesRequired: ['AGENT'], dependsOn: ['db'] })).service
    expect(changed).toMatchObject({
      id: before.id,
      version: '2',
      tags: [],
      rolesRequired: ['AGENT'],
      dependsOn: ['db'],
    })
    expect(await events(length + 1)).toHaveLength(length + 1)
  })

  test('of one name at the same time creates one service', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, (_, i) => register({ version: String(i) })))
    expect(made.filter(({ created }) => created)).toHaveLength(1)
    expect(await app.sql('SELECT name FROM services')).toEqual([{ name: 'crm' }])
  })

  test('refuses an invalid registration with every error, and stores nothing', async () => {
    const failure = await refused({ name: 'no spaces', ttlSeconds: 1, tags: [''], url: 'ftp://127.0.0.1/' })
    expect(failure).toMatchObject({ code: 'BAD_USER_INPUT' })
    expect(failure.extensions.issues?.map(({ path }) => path.join('.'))).toEqual([
      'input.name',
      'input.tags.0',
      'input.ttlSeconds',
      'input.url',
    ])
    expect((await refused({ url: 'http://user:pw@127.0.0.1:9' })).path).toEqual(['input', 'url'])
    expect((await refused({ healthUrl: '' })).path).toEqual(['input', 'ttlSeconds'])
    expect(await app.sql('SELECT name FROM services')).toEqual([])
  })

  test('refuses health URLs that probes may not reach: private ones unless opened, metadata always', async () => {
    for (const [healthUrl, why] of [
      ['http://10.1.2.3/ping', 'PROBE_ALLOWED_CIDRS'],
      ['http://169.254.169.254/latest/meta-data', 'no setting allows'],
      ['http://[fd00:ec2::254]/', 'no setting allows'],
      ['http://100.100.100.200/', 'no setting allows'],
    ]) {
      const failure = await refused({ healthUrl })
      expect(failure).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', 'healthUrl'] })
      expect(failure.message).toContain(why)
    }
    expect((await refused({ url: 'http://169.254.169.254' })).path).toEqual(['input', 'url'])
  })
})

test('a heartbeat renews the time to live and reports a status; an unregistered service is NOT_FOUND', async () => {
  await register({ healthUrl: '', ttlSeconds: 30 })
  const BEAT =
    'mutation ($status: HealthStatus) { heartbeat(name: "crm", status: $status) { service { status lastSeen } } }'
  const beat = async (status: string) =>
    (await app.ok<{ heartbeat: { service: Service } }>(BEAT, { status })).heartbeat.service.status
  const { length } = await events(1)
  expect(await beat('OK')).toBe('OK')
  expect(await beat('DEGRADED')).toBe('DEGRADED')
  expect(await beat('DOWN')).toBe('DOWN')
  expect(await beat('UNKNOWN')).toBe('OK')
  const told = (await events(length + 3)).slice(length)
  expect(told.map(({ type, severity }) => `${type} ${severity}`)).toEqual([
    'service.health.failed WARNING',
    'service.health.failed ERROR',
    'service.health.recovered INFO',
  ])
  expect(await app.fails('mutation { heartbeat(name: "nobody") { service { id } } }')).toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('a heartbeat gives the reason for its status, which is shown and published until it is OK again', async () => {
  await register({ healthUrl: '', ttlSeconds: 30 })
  const beat = async (args: string) =>
    (
      await app.ok<{ heartbeat: { service: { lastError: string | null } } }>(
        `mutation { heartbeat(name: "crm", ${args}) { service { lastError } } }`,
      )
    ).heartbeat.service.lastError
  const { length } = await events(1)
  expect(await beat('status: DEGRADED, message: "the mail\\n queue is long"')).toBe(
    'it reported DEGRADED: the mail queue is long',
  )
  expect(await beat('status: DOWN')).toBe('it reported DOWN without a reason')
  expect(await beat(`status: DOWN, message: "${'x'.repeat(2_000)}"`)).toHaveLength('it reported DOWN: '.length + 500)
  const ops = await (await app.http('/ops/health')).json()
  expect(ops.services).toMatchObject([
    { name: 'crm', status: 'down', error: expect.stringMatching(/^it reported DOWN/) },
  ])
  expect(await beat('status: OK, message: "ignored"')).toBeNull()
  const published = (await events(length + 3)).slice(length)
  expect(published.map(({ payload }) => payload.error)).toEqual([
    'it reported DEGRADED: the mail queue is long',
    'it reported DOWN without a reason',
    undefined,
  ])
})

test('the processes of a service are told apart by their instances', async () => {
  const INSTANCES = '{ services { nodes { status instances { name version isSilent } } } }'
  const read = async () =>
    (
      await app.ok<{ services: { nodes: { status: string; instances: { name: string; isSilent: boolean }[] }[] } }>(
        INSTANCES,
      )
    ).services.nodes[0]!
  await register({ healthUrl: '', ttlSeconds: 30, version: '1', instance: 'host-a:7' })
  await register({ healthUrl: '', ttlSeconds: 30, version: '2', instance: 'host-b:9' })
  const [a, b] = [
    { name: 'host-a:7', version: '1', isSilent: false },
    { name: 'host-b:9', version: '2', isSilent: false },
  ]
  expect((await read()).instances).toEqual([a, b])
  clock.advance(40_000)
  await app.ok('mutation { heartbeat(name: "crm", instance: "host-a:7") { service { id } } }')
  expect(await read()).toEqual({ status: 'OK', instances: [a, { ...b, isSilent: true }] })
  clock.advance(3_600_000)
  await app.ok('mutation { heartbeat(name: "crm", instance: "host-a:7") { service { id } } }')
  expect((await read()).instances).toEqual([a])
  expect(await app.sql('SELECT name FROM service_instances')).toEqual([{ name: 'host-a:7' }])
  expect(await app.fails('mutation { heartbeat(name: "crm", instance: "") { service { id } } }')).toMatchObject({
    code: 'BAD_USER_INPUT',
    path: ['instance'],
  })
  await app.ok('mutation { unregisterService(name: "crm") { deletedId } }')
  expect(await app.sql('SELECT name FROM service_instances')).toEqual([])
})

test('a process of AetherLink is an instance until it stops', async () => {
  const one = createSelfRegistration(app.core, app.pipeline.publisher, {
    name: 'own',
    url: 'worker://own',
    healthUrl: '',
  })
  const names = () => app.sql('SELECT name FROM service_instances')
  one.start()
  await until('it is registered', async () => (await names()).length === 1)
  expect(await names()).toEqual([{ name: `${hostname()}:${process.pid}` }])
  await one.stop()
  expect(await names()).toEqual([])
})

test('unregisterService removes it and its history; a repetition is NOT_FOUND', async () => {
  const { service } = await register({})
  await app.sql(`INSERT INTO health_hours SELECT 'service:' || id, now(), 1, 0, 0, 0, 0, null FROM services`)
  const { length } = await events(1)
  const REMOVE = 'mutation { unregisterService(name: "crm") { deletedId } }'
  expect(await app.ok(REMOVE)).toEqual({ unregisterService: { deletedId: service.id } })
  expect((await events(length + 1)).at(-1)).toMatchObject({ type: 'service.unregistered', severity: 'WARNING' })
  expect(await app.sql('SELECT FROM health_hours')).toEqual([])
  expect(await app.fails(REMOVE)).toMatchObject({ code: 'NOT_FOUND' })
})

test('services are listed with filters, by id, and with their dependants', async () => {
  await register({ name: 'db', owner: 'dba' })
  await register({ name: 'api', dependsOn: ['db'], tags: ['x'] })
  const web = (await register({ name: 'web', dependsOn: ['api'], tags: ['x', 'y'] })).service
  await register({ name: 'loop', dependsOn: ['loop', 'web'] })
  const list = async (filter: string) => {
    const { services } = await app.ok<{ services: { nodes: Service[]; totalCount: number } }>(
      `{ services(filter: ${filter}) { totalCount nodes { name dependants } } }`,
    )
    expect(services.totalCount).toBe(services.nodes.length)
    return services.nodes
  }
  expect((await list('{}')).map(({ name }) => name)).toEqual(['loop', 'web', 'api', 'db'])
  expect((await list('{ tags: ["y"] }')).map(({ name }) => name)).toEqual(['web'])
  expect((await list('{ search: "DBA" }'))[0]).toEqual({ name: 'db', dependants: ['api', 'loop', 'web'] })
  expect(await list('{ statuses: [DOWN] }')).toEqual([])
  expect(await app.ok(`{ node(id: "${web.id}") { ... on Service { name } } }`)).toEqual({ node: { name: 'web' } })
})

test('services belong to the installation: a tenant sees and changes none, and a change requires an OPERATOR', async () => {
  const { service } = await register({})
  const tenant = { as: { role: 'ADMIN' as const, tenantId: 'tenant-a' } }
  expect(
    await app.ok(
      `{ services { totalCount nodes { id } } platformHealth { services { id } components { message } } node(id: "${service.id}") { id } }`,
      {},
      tenant,
    ),
  ).toMatchObject({ services: { totalCount: 0, nodes: [] }, platformHealth: { services: [] }, node: null })
  for (const operation of [
    'registerService(input: { name: "x", url: "http://a.test" }) { created }',
    'heartbeat(name: "crm") { service { id } }',
    'unregisterService(name: "crm") { deletedId }',
  ]) {
    expect(await app.fails(`mutation { ${operation} }`, {}, tenant)).toMatchObject({ code: 'FORBIDDEN' })
    expect(await app.fails(`mutation { ${operation} }`, {}, { as: { role: 'AGENT' } })).toMatchObject({
      code: 'FORBIDDEN',
    })
    expect(await app.fails(`mutation { ${operation} }`, {}, { as: null })).toMatchObject({ code: 'UNAUTHENTICATED' })
  }
  expect(await app.sql('SELECT name FROM services')).toEqual([{ name: 'crm' }])
})
