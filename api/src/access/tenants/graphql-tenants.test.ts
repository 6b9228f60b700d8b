import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { signedIn } from '../../../test/conformance/sockets.ts'
import { type As, startTestApp, type TestApp, until } from '../../../test/harness.ts'

let now = Date.now()
let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ clock: () => now, env: { TENANT_PUBLISH_PER_SECOND: '100', TENANT_PUBLISH_BURST: '250' } })
})
afterAll(() => app.stop())
// The full budget is available again.
beforeEach(() => {
  now += 3_600_000
})

const CREATE = 'mutation($input: CreateTenantInput!) { createTenant(input: $input) { tenant { id name } } }'
const UPDATE = `mutation($id: String!, $input: UpdateTenantInput!) { updateTenant(id: $id, input: $input) { tenant {
  id name publishLimit { perSecond burst isDefault } requestLimit { perSecond burst isDefault } } } }`
const PUBLISH = `mutation($input: [PublishEventInput!]!) { publishEvents(input: $input) {
  accepted results { event { tenantId } error { code message path retryAfterMs } } } }`
const UNBOUND: As = { role: 'OPERATOR' }

const create = (id: string, name = id) => app.ok(CREATE, { input: { id, name } })
const update = async (id: string, input: object) =>
  (await app.ok<{ updateTenant: { tenant: object } }>(UPDATE, { id, input })).updateTenant.tenant
const eventsFor = (tenantId: string | undefined, count: number) =>
  Array.from({ length: count }, () => ({ type: 'limit.test', source: 'test', ...(tenantId && { tenantId }) }))
interface Published {
  publishEvents: { accepted: number; results: { event: { tenantId: string } | null; error: Refusal | null }[] }
}
interface Refusal {
  code: string
  message: string
  path: string[]
}
const publish = async (input: object[], as: As) => (await app.ok<Published>(PUBLISH, { input }, { as })).publishEvents
const accepted = async (input: object[], as: As) => (await publish(input, as)).accepted

/** A tenant whose limits are in force: the change has reached the process. */
async function limited(id: string, input: object, isFelt: () => Promise<boolean>) {
  await create(id)
  const tenant = await update(id, input)
  await until('the limits are felt', isFelt)
  now += 3_600_000
  return tenant
}

test('an unbound ADMIN creates and changes tenants, and the audit trail records it', async () => {
  expect(await create('tenant-new', 'The new one')).toEqual({
    createTenant: { tenant: { id: 'tenant-new', name: 'The new one' } },
  })
  expect(
    await update('tenant-new', { name: 'Renamed', publishLimit: { perSecond: 5 }, requestLimit: { perSecond: 0 } }),
  ).toEqual({
    id: 'tenant-new',
    name: 'Renamed',
    publishLimit: { perSecond: 5, burst: 5, isDefault: false },
    requestLimit: { perSecond: null, burst: null, isDefault: false },
  })
  // Null: the value of the settings.
  expect(await update('tenant-new', { publishLimit: null, requestLimit: null })).toMatchObject({
    name: 'Renamed',
    publishLimit: { perSecond: 100, burst: 250, isDefault: true },
    requestLimit: { perSecond: null, burst: null, isDefault: true },
  })
  const entries = await app.sql(
    `SELECT action, tenant_id, before, after FROM audit_entries WHERE target_type = 'tenant' AND outcome = 'ALLOWED' ORDER BY seq`,
  )
  const renamed = {
    name: 'Renamed',
    publishLimit: { perSecond: 5, burst: null },
    requestLimit: { perSecond: 0, burst: null },
  }
  const made = { action: 'tenant.create', tenant_id: 'tenant-new', before: null, after: { name: 'The new one' } }
  expect(entries.slice(0, 2)).toMatchObject([made, { action: 'tenant.update', after: renamed }])

  for (const as of [
    { role: 'OPERATOR' },
    { role: 'ADMIN', tenantId: 'tenant-new' },
    { role: 'ADMIN', tenantId: 'tenant-x' },
  ] as As[]) {
    expect((await app.fails(CREATE, { input: { id: 'tenant-y', name: 'Y' } }, { as })).code).toBe('FORBIDDEN')
    for (const id of ['tenant-new', 'tenant-none'])
      expect((await app.fails(UPDATE, { id, input: { name: 'Z' } }, { as })).code).toBe('FORBIDDEN')
  }
})

test('errors of a new tenant or a limit are reported by field', async () => {
  await create('tenant-twice')
  const again = await app.fails(CREATE, { input: { id: 'tenant-twice', name: 'Again' } })
  expect(again.code).toBe('CONFLICT')
  expect((await app.fails(CREATE, { input: { id: 'No Slug', name: 'x' } })).path).toEqual(['input', 'id'])
  expect((await app.fails(CREATE, { input: { id: 'tenant-z', name: ' ' } })).path).toEqual(['input', 'name'])
  expect((await app.fails(UPDATE, { id: 'tenant-none', input: { name: 'x' } })).code).toBe('NOT_FOUND')
  const wrong = { publishLimit: { perSecond: -1 }, requestLimit: { perSecond: 1_000_001, burst: 0 } }
  const { issues } = await app.fails(UPDATE, { id: 'tenant-twice', input: wrong })
  expect(issues?.map(({ path }) => path.join('.'))).toEqual([
    'input.publishLimit.perSecond',
    'input.requestLimit.perSecond',
    'input.requestLimit.burst',
  ])
  expect((await app.fails(UPDATE, { id: 'tenant-twice', input: { name: null } })).path).toEqual(['input', 'name'])
})

test('as many events of a batch are accepted as the tenant has left, and the others may be sent later', async () => {
  const as: As = { role: 'AGENT', tenantId: 'tenant-fast' }
  const isFelt = async () => (await accepted(eventsFor(undefined, 30), as)) < 30
  await limited('tenant-fast', { publishLimit: { perSecond: 10, burst: 20 } }, isFelt)

  const asked = vi.spyOn(app.core.redis, 'eval')
  const first = await publish(eventsFor(undefined, 25), as)
  expect(asked).toHaveBeenCalledTimes(1)
  expect(first.results.map(({ error }) => error?.code)).toEqual([
    ...Array(20).fill(undefined),
    ...Array(5).fill('RATE_LIMITED'),
  ])
  expect(first.results.at(-1)?.error).toEqual({
    code: 'RATE_LIMITED',
    message: expect.stringContaining('tenant-fast'),
    path: ['input', '24'],
    retryAfterMs: expect.any(Number),
  })
  const one = 'mutation { publishEvent(input: { type: "limit.test", source: "test" }) { event { id } } }'
  const refused = await app.fails(one, {}, { as })
  expect(refused).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 100 })
  now += 99
  expect((await app.fails(one, {}, { as })).extensions).toMatchObject({ retryAfterMs: 1 })
  now += 1
  await app.ok(one, {}, { as })
  now += 500
  expect(await accepted(eventsFor(undefined, 25), as)).toBe(5)
  // The stored value equals the accepted one.
  const [stored] = await app.sql<{ n: number }>(
    `SELECT count(*)::int AS n FROM events WHERE tenant_id = 'tenant-fast' AND received_at > now() - interval '1 hour'`,
  )
  expect(stored?.n).toBeGreaterThanOrEqual(26)

  // A tenant's limit applies only to its events, regardless of who publishes them.
  now += 1_000
  asked.mockClear()
  const mixed = [...eventsFor('tenant-fast', 12), ...eventsFor('tenant-other', 12)]
  const { results } = await publish(mixed, UNBOUND)
  expect(asked).toHaveBeenCalledTimes(2)
  expect(results.filter(({ error }) => error).length).toBe(2)
  expect(results.slice(12).every(({ event }) => event?.tenantId === 'tenant-other')).toBe(true)
  // Callers that may not publish for the tenant use nothing of its budget.
  now += 1_000
  expect(await accepted(eventsFor('tenant-fast', 10), { role: 'AGENT' })).toBe(0)
  expect(await accepted(eventsFor('tenant-fast', 10), UNBOUND)).toBe(10)
  asked.mockRestore()
})

test('over HTTP this is 429 with Retry-After, and 207 if a part of a batch was accepted', async () => {
  const as: As = { role: 'AGENT', tenantId: 'tenant-http' }
  const isFelt = async () => (await accepted(eventsFor(undefined, 5), as)) < 5
  await limited('tenant-http', { publishLimit: { perSecond: 1, burst: 3 } }, isFelt)
  const post = async (count: number) => {
    const events = Array.from({ length: count }, (_, i) => ({
      specversion: '1.0',
      id: `${now}-${i}`,
      type: 'limit.test',
      source: 'test',
    }))
    const [type, body] =
      count === 1 ? ['application/cloudevents+json', events[0]] : ['application/cloudevents-batch+json', events]
    const init = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': type } }
    const response = await app.http('/events', init as RequestInit, { as })
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() }
  }
  expect(await post(5)).toMatchObject({
    status: 207,
    body: { accepted: 3, refused: 2, results: [{}, {}, {}, { problem: { status: 429, retryAfterMs: 2_000 } }, {}] },
  })
  expect(await post(4)).toMatchObject({
    status: 429,
    retryAfter: '3',
    body: { code: 'RATE_LIMITED', retryAfterMs: 3_000 },
  })
  expect(await post(1)).toMatchObject({
    status: 429,
    retryAfter: '1',
    body: { code: 'RATE_LIMITED', retryAfterMs: 1_000 },
  })
  now += 1_000
  expect((await post(1)).status).toBe(202)
})

test('requests of bound identities count, and those of operators of the installation do not', async () => {
  const as: As = { role: 'VIEWER', tenantId: 'tenant-busy' }
  const ask = (options: Parameters<TestApp['gql']>[2]) => app.gql('{ viewer { tenantId } }', {}, options)
  const isFelt = async () => (await ask({ as })).status === 429
  await limited('tenant-busy', { requestLimit: { perSecond: 2, burst: 3 } }, isFelt)
  const socket = await signedIn(app, { key: await boundKey('tenant-busy') })

  const answers = await Promise.all([1, 2, 3].map(() => ask({ as })))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  const refused = await ask({ as })
  expect(refused).toMatchObject({ status: 429, errors: [{ extensions: { code: 'RATE_LIMITED', retryAfterMs: 500 } }] })
  expect(refused.headers.get('retry-after')).toBe('1')
  expect((await app.http('/graphql?query={__typename}', {}, { as })).status).toBe(429)
  socket.send({ type: 'subscribe', id: '1', payload: { query: '{ viewer { tenantId } }' } })
  expect(await socket.received('error', '1')).toMatchObject({ payload: [{ extensions: { code: 'RATE_LIMITED' } }] })
  socket.socket.close()
  expect((await ask({ as: UNBOUND, headers: { 'x-tenant-id': 'tenant-busy' } })).data).toEqual({
    viewer: { tenantId: 'tenant-busy' },
  })
  now += 500
  expect((await ask({ as })).status).toBe(200)
})

async function boundKey(tenantId: string): Promise<string> {
  const document = 'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }'
  const input = { name: 'bound', role: 'VIEWER', tenantId }
  return (await app.ok<{ createApiKey: { secret: string } }>(document, { input })).createApiKey.secret
}
