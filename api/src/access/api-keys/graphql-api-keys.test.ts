import type { QueryResultRow } from 'pg'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { signedIn } from '../../../test/conformance/sockets.ts'
import { type As, createTestClock, startTestApp, type TestApp, until } from '../../../test/harness.ts'
import { subscribe } from '../../../test/streams.ts'
import { createServer } from '../../app.ts'
import { createAppContext } from '../../app-context.ts'
import type { Db } from '../../db/pool.ts'
import { newId, publicId, uuidOf } from '../../kit/ids.ts'
import { createPipeline } from '../../pipeline.ts'
import { createApiKeys } from './api-keys.ts'

const clock = createTestClock()
let app: TestApp
/** Another process of the same installation: it shares only the database and Redis. */
let elsewhere: { url: string; stop(): Promise<void> }
beforeAll(async () => {
  app = await startTestApp({ clock, tenants: [] })
  await app.sql(`INSERT INTO tenants (id, name, updated_at) VALUES ('tenant-a', 'A', now()), ('tenant-b', 'B', now())`)
  const core = createAppContext(app.core.env, 'api', { log: app.core.log, requestLog: app.core.requestLog, clock })
  const pipeline = createPipeline(core)
  const server = createServer(core, pipeline, new Registry())
  elsewhere = {
    url: `http://127.0.0.1:${await server.start(0, '127.0.0.1')}`,
    async stop() {
      await server.stop(5_000)
      await pipeline.close()
      await core.close()
    },
  }
})
afterAll(async () => {
  await elsewhere.stop()
  await app.stop()
})

const CREATE = `mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  secret apiKey { id name role tenantId prefix expiresAt lastUsedAt revokedAt createdAt } } }`
const REVOKE = 'mutation($id: ID!) { revokeApiKey(id: $id) { apiKey { id revokedAt } } }'
const LIST = `query($filter: ApiKeyFilter, $first: Int, $after: String) { apiKeys(filter: $filter, first: $first, after: $after) {
  totalCount nodes { id name } pageInfo { endCursor hasNextPage } } }`
const ADMIN_A: As = { role: 'ADMIN', tenantId: 'tenant-a' }
const ADMIN_B: As = { role: 'ADMIN', tenantId: 'tenant-b' }

interface Key {
  id: string
  name: string
  role: string
  tenantId: string | null
  prefix: string
  expiresAt: string | null
  lastUsedAt: string | null
  revokedAt: string | null
}
interface Made {
  secret: string
  apiKey: Key
}
interface List {
  apiKeys: {
    totalCount: number
    nodes: { id: string; name: string }[]
    pageInfo: { endCursor: string; hasNextPage: boolean }
  }
}
const create = async (input: object, as?: As) =>
  (await app.ok<{ createApiKey: Made }>(CREATE, { input: { name: 'a key', role: 'VIEWER', ...input } }, { as }))
    .createApiKey
const revoke = async (id: string, as?: As) =>
  (await app.ok<{ revokeApiKey: { apiKey: Key } }>(REVOKE, { id }, { as })).revokeApiKey.apiKey
const names = async (filter: object, as?: As) =>
  (await app.ok<List>(LIST, { filter }, { as })).apiKeys.nodes.map(({ name }) => name)
const status = async (bearer: string, url = app.url) => {
  const headers = { authorization: `Bearer ${bearer}` }
  return (await fetch(`${url}/graphql?query={__typename}`, { headers })).status
}
const entries = (action: string, id: string) =>
  app.sql<{ tenant_id: string | null; outcome: string; before: object; after: object }>(
    'SELECT tenant_id, outcome, before, after FROM audit_entries WHERE action = $1 AND target_id = $2 ORDER BY seq',
    [action, id],
  )

test('a key is shown once, works at once, and is recorded without its secret', async () => {
  const expiresAt = new Date(clock() + 3_600_000).toISOString()
  const { secret, apiKey } = await create({ name: 'deploy', role: 'AGENT', tenantId: 'tenant-a', expiresAt })
  expect(secret).toMatch(/^alk_[\w-]{43}$/)
  expect(apiKey).toMatchObject({ name: 'deploy', role: 'AGENT', tenantId: 'tenant-a', expiresAt, revokedAt: null })
  expect(secret.startsWith(apiKey.prefix)).toBe(true)
  expect(await app.ok('{ viewer { actor { id name } roles tenantId } }', {}, { as: { bearer: secret } })).toEqual({
    viewer: { actor: { id: apiKey.id, name: 'deploy' }, roles: ['AGENT'], tenantId: 'tenant-a' },
  })
  const node = () =>
    app.ok<{ node: Key }>('query($id: ID!) { node(id: $id) { ... on ApiKey { lastUsedAt } } }', { id: apiKey.id })
  await until('its use is noted', async () => (await node()).node.lastUsedAt)
  const [entry, ...others] = await entries('apiKey.create', apiKey.id)
  expect(entry).toMatchObject({ tenant_id: 'tenant-a', outcome: 'ALLOWED', after: { name: 'deploy', role: 'AGENT' } })
  expect(others).toEqual([])
  const everything = await app.sql(
    `SELECT (SELECT json_agg(a) FROM audit_entries a) a, (SELECT json_agg(k) FROM api_keys k) k`,
  )
  expect(JSON.stringify([everything, app.logs, app.requests])).not.toContain(secret)
})

test('all errors of a new key are reported together', async () => {
  const fails = (input: object, as?: As) =>
    app.fails(CREATE, { input: { name: 'a key', role: 'VIEWER', ...input } }, { as })
  const wrong = await fails({ name: ' ', expiresAt: new Date(clock()).toISOString(), tenantId: 'tenant-none' })
  expect(wrong.code).toBe('BAD_USER_INPUT')
  expect(wrong.issues?.map(({ path }) => path.join('.'))).toEqual(['input.name', 'input.expiresAt', 'input.tenantId'])
  for (const name of ['x'.repeat(101), 'two\nlines', '\0'])
    expect((await fails({ name })).path).toEqual(['input', 'name'])
  expect((await fails({ tenantId: 'No Tenant' })).path).toEqual(['input', 'tenantId'])
})

test('only an ADMIN has access to keys, and a bound one only to those of its tenant', async () => {
  for (const role of ['VIEWER', 'AGENT', 'OPERATOR'] as const) {
    for (const tenantId of [null, 'tenant-a']) {
      const as = { role, tenantId }
      for (const [document, variables] of [
        [CREATE, { input: { name: 'mine', role: 'ADMIN' } }],
        [REVOKE, { id: publicId('key', newId()) }],
        [LIST, {}],
      ] as const)
        expect(await app.fails(document, variables, { as })).toMatchObject({ code: 'FORBIDDEN', requiredRole: 'ADMIN' })
    }
  }
  const { apiKey: ofA, secret } = await create({ role: 'ADMIN' }, ADMIN_A)
  expect(ofA.tenantId).toBe('tenant-a')
  expect(
    (await app.fails(CREATE, { input: { name: 'x', role: 'VIEWER', tenantId: 'tenant-b' } }, { as: ADMIN_A })).code,
  ).toBe('FORBIDDEN')
  const { apiKey: ofAll } = await create({ name: 'of the installation' })
  const { apiKey: ofB } = await create({ name: 'of b' }, ADMIN_B)

  const node = async (id: string, as: As) =>
    (await app.ok<{ node: Key | null }>('query($id: ID!) { node(id: $id) { id } }', { id }, { as })).node
  const missing = publicId('key', newId())
  for (const { id } of [ofAll, ofB]) {
    expect(await node(id, ADMIN_A)).toBeNull()
    const refused = await app.fails(REVOKE, { id }, { as: { bearer: secret } })
    const unknown = await app.fails(REVOKE, { id: missing }, { as: ADMIN_A })
    expect([refused.code, refused.message]).toEqual(['NOT_FOUND', unknown.message.replace(missing, id)])
  }
  expect(await node(ofA.id, ADMIN_A)).toEqual({ id: ofA.id })
  expect(await node(ofA.id, { role: 'OPERATOR', tenantId: 'tenant-a' })).toBeNull()
  const seen = await names({}, ADMIN_A)
  expect(seen).not.toContain('of the installation')
  expect(await names({ tenantId: 'tenant-b' }, ADMIN_A)).toEqual([])
  expect(await names({ search: 'of ' }, ADMIN_B)).toEqual(['of b'])
})

test('keys are listed newest first and filtered by tenant, role, validity and name', async () => {
  const old = await create({ name: 'list 1', role: 'OPERATOR', expiresAt: new Date(clock() + 1_000).toISOString() })
  const gone = await create({ name: 'list 2', tenantId: 'tenant-b' })
  const live = await create({ name: 'List_3', role: 'OPERATOR', tenantId: 'tenant-b' })
  await revoke(gone.apiKey.id)
  clock.advance(1_000)
  const among = { search: 'list' }
  expect(await names(among)).toEqual(['List_3', 'list 2', 'list 1'])
  expect(await names({ ...among, usable: true })).toEqual(['List_3'])
  expect(await names({ ...among, usable: false })).toEqual(['list 2', 'list 1'])
  expect(await names({ ...among, roles: ['OPERATOR'], tenantId: 'tenant-b' })).toEqual(['List_3'])
  expect(await names({ search: 'list_' })).toEqual(['List_3'])
  expect(await names({ search: live.apiKey.prefix })).toEqual(['List_3'])
  const { apiKeys: first } = await app.ok<List>(LIST, { filter: among, first: 2 })
  expect([first.totalCount, first.pageInfo.hasNextPage]).toEqual([3, true])
  const { apiKeys: rest } = await app.ok<List>(LIST, { filter: among, after: first.pageInfo.endCursor })
  expect(rest.nodes).toEqual([{ id: old.apiKey.id, name: 'list 1' }])
})

test('a revoked key is refused at once in every process, and its open connections end', async () => {
  const { secret, apiKey } = await create({})
  expect([await status(secret), await status(secret, elsewhere.url)]).toEqual([200, 200])
  const query = 'subscription { events { cursor } }'
  const there = { ...app, url: elsewhere.url }
  const sockets = await Promise.all([app, there].map((at) => signedIn(at, { key: secret })))
  for (const socket of sockets) socket.send({ type: 'subscribe', id: '1', payload: { query } })
  const stream = await subscribe(app, query, {}, { bearer: secret })

  const { revokedAt } = await revoke(apiKey.id)
  expect(await status(secret)).toBe(401)
  // The clock has not moved: this is not the cache's age.
  await until('the other process has heard of it', async () => (await status(secret, elsewhere.url)) === 401)
  for (const { closed } of sockets) expect((await closed).code).toBe(4403)
  await until('the stream is over', () => stream.ended)
  expect(stream.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])

  clock.advance(5_000)
  expect((await revoke(apiKey.id)).revokedAt).toBe(revokedAt)
  expect(await entries('apiKey.revoke', apiKey.id)).toMatchObject([
    { before: { revokedAt: null }, after: { revokedAt } },
    { before: { revokedAt }, after: { revokedAt } },
  ])
})

test('a look-up that a revocation has overtaken is not cached', async () => {
  const { secret, apiKey } = await create({})
  const overtaken = async <Row extends QueryResultRow>(...statement: Parameters<Db['query']>) => {
    const rows = await app.core.db.query<Row>(...statement)
    if (looks++ === 0) await revoke(apiKey.id).then(() => keys.revoked(uuidOf('key', apiKey.id, 'id')))
    return rows
  }
  let looks = 0
  const keys = createApiKeys({ ...app.core, db: { ...app.core.db, query: overtaken } })
  expect((await keys.identify(secret))?.id).toBe(apiKey.id)
  expect(await keys.identify(secret)).toBeNull()
})
