import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestClock, startTestApp, type TestApp, until } from '../../../test/harness.ts'
import type { Db } from '../../db/pool.ts'
import { newId } from '../../kit/ids.ts'
import { createApiKeys, ensureAdminKey, hashKey } from './api-keys.ts'

const clock = createTestClock()
let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ clock })
})
afterAll(() => app.stop())

async function makeKey(columns: { role?: string; expires_at?: Date; tenant_id?: string } = {}) {
  const key = `alk_${randomBytes(24).toString('base64url')}`
  const id = newId()
  await app.sql(
    'INSERT INTO api_keys (id, name, role, prefix, hash, tenant_id, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [id, 'k', columns.role ?? 'VIEWER', 'alk_', hashKey(key), columns.tenant_id ?? null, columns.expires_at ?? null],
  )
  return { id, key, as: { bearer: key } }
}
const status = async (as: { bearer: string }, headers = {}) =>
  (await app.gql('{ __typename }', {}, { as, headers })).status

test('only the hash of a key is stored; it is sent as bearer or in X-API-Key', async () => {
  const { key, as } = await makeKey()
  expect(await status(as)).toBe(200)
  expect((await app.gql('{ __typename }', {}, { as: null, headers: { 'x-api-key': key } })).status).toBe(200)
  const [{ dump } = { dump: '' }] = await app.sql<{ dump: string }>(`SELECT json_agg(k)::text AS dump FROM api_keys k`)
  expect(dump).not.toContain(key)
})

test('a revoked key is refused within ten seconds', async () => {
  const { id, as } = await makeKey()
  expect(await status(as)).toBe(200)
  await app.sql('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [id])
  clock.advance(10_000)
  expect(await status(as)).toBe(401)
})

test('an expiring key is refused from its instant on, cached or not', async () => {
  const { as } = await makeKey({ expires_at: new Date(clock() + 4_000) })
  expect(await status(as)).toBe(200)
  clock.advance(4_000)
  expect(await status(as)).toBe(401)
})

test('its use is recorded at most once a minute', async () => {
  const { id, as } = await makeKey()
  const lastUsed = async () =>
    (await app.sql<{ at: Date | null }>('SELECT last_used_at AS at FROM api_keys WHERE id = $1', [id]))[0]?.at
  await status(as)
  const first = await until('the first use', lastUsed)
  clock.advance(30_000)
  await status(as)
  clock.advance(40_000)
  await status(as)
  const second = await until('another use', async () => {
    const at = await lastUsed()
    return at && at > first && at
  })
  expect(second.getTime() - first.getTime()).toBeGreaterThanOrEqual(70_000)
})

test('concurrent requests with a key share one look-up', async () => {
  let lookUps = 0
  const query: Db['query'] = (text, ...rest) => {
    if (text.includes('FROM api_keys')) lookUps++
    return app.core.db.query(text, ...rest)
  }
  const keys = createApiKeys({ ...app.core, db: { ...app.core.db, query } })
  const { key } = await makeKey()
  const found = await Promise.all(Array.from({ length: 50 }, () => keys.identify(key)))
  await keys.identify(key)
  expect(new Set(found.map((identity) => identity?.id)).size).toBe(1)
  expect(lookUps).toBe(1)
})

test('X-Tenant-ID narrows an unbound identity, and no other', async () => {
  const tenant = async (columns: Parameters<typeof makeKey>[0], header: string) => {
    const { as } = await makeKey(columns)
    const headers = { 'x-tenant-id': header }
    const { data, errors } = await app.gql<{ viewer: { tenantId: string | null } }>(
      '{ viewer { tenantId } }',
      {},
      { as, headers },
    )
    return data ? data.viewer.tenantId : errors?.[0]?.extensions
  }
  expect(await tenant({ role: 'OPERATOR' }, 'tenant-acme')).toBe('tenant-acme')
  expect(await tenant({ role: 'VIEWER' }, 'tenant-acme')).toBe('tenant-acme')
  expect(await tenant({ role: 'ADMIN', tenant_id: 'tenant-1' }, 'tenant-acme')).toBe('tenant-1')
  // An AGENT may not name the tenant for which it publishes: here neither.
  expect(await tenant({ role: 'AGENT' }, 'tenant-acme')).toEqual({ code: 'FORBIDDEN', requiredRole: 'OPERATOR' })
  expect(await tenant({ role: 'OPERATOR' }, 'No Tenant')).toEqual({ code: 'BAD_USER_INPUT', path: ['X-Tenant-ID'] })
})

test('the admin key of the settings works, and stays revoked once it is revoked', async () => {
  const env = { ...app.core.env, AETHERLINK_ADMIN_KEY: `alk_${randomBytes(24).toString('base64url')}` }
  const ensure = () => ensureAdminKey({ db: app.core.db, env })
  expect(await Promise.all([ensure(), ensure()])).toEqual([null, null])
  const as = { bearer: env.AETHERLINK_ADMIN_KEY }
  expect(await app.ok('{ viewer { roles tenantId } }', {}, { as })).toEqual({
    viewer: { roles: ['ADMIN'], tenantId: null },
  })
  await app.sql('UPDATE api_keys SET revoked_at = now() WHERE hash = $1', [hashKey(as.bearer)])
  await ensure()
  clock.advance(10_000)
  expect(await status(as)).toBe(401)
})

test('without a setting the first process creates the only admin key', async () => {
  await app.sql(`DELETE FROM api_keys WHERE role = 'ADMIN'`)
  const env = { ...app.core.env, AETHERLINK_ADMIN_KEY: undefined }
  const made = await Promise.all([1, 2, 3].map(() => ensureAdminKey({ db: app.core.db, env })))
  expect(made.filter((key) => key !== null)).toEqual([expect.stringMatching(/^alk_[\w-]{43}$/)])
  expect(await status({ bearer: made.find((key) => key !== null) ?? '' })).toBe(200)
})
