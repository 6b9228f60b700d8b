import { pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSocket, signedIn } from '../../../test/conformance/sockets.ts'
import { createTestClock, startTestApp, type TestApp, until } from '../../../test/harness.ts'
import { invalidTokens } from '../../../test/oidc/invalid-tokens.ts'
import { startProvider, type TestProvider, userOf } from '../../../test/oidc/provider.ts'
import { createOidcTokens } from './oidc.ts'

const VIEWER = '{ viewer { actor { kind id name } roles tenantId tenants { id } } }'
const KEYS = '/jwks'
const derive = promisify(pbkdf2)

const clock = createTestClock()
let provider: TestProvider
let app: TestApp
beforeAll(async () => {
  provider = await startProvider()
  app = await startTestApp({
    tenants: [],
    clock,
    env: {
      ...provider.settings,
      OIDC_CLOCK_SKEW_SECONDS: '5',
      AUTH_RECHECK_MS: '50',
      OIDC_ROLE_MAP: 'on-call:OPERATOR',
    },
  })
})
afterAll(async () => {
  await app.stop()
  await provider.stop()
})

const ask = (bearer: string, headers = {}) => app.gql<object>(VIEWER, {}, { as: { bearer }, headers })
const status = async (bearer: string) => (await ask(bearer)).status
const seconds = () => Math.floor(clock() / 1_000)

test('a user of the provider is identified with roles, name and tenant, beside API keys and the dev sign-in', async () => {
  const { access_token: token } = await provider.signIn('operator')
  expect((await ask(token)).data).toEqual({
    viewer: {
      actor: { kind: 'USER', id: 'operator', name: 'Otto Operator' },
      roles: ['OPERATOR'],
      tenantId: null,
      tenants: [],
    },
  })
  const { access_token: bound } = await provider.signIn('acme')
  expect((await ask(bound)).data).toMatchObject({ viewer: { tenantId: 'tenant-acme', roles: ['OPERATOR'] } })
  // A caller bound to a tenant stays bound, regardless of what it requests.
  const narrowed = await ask(bound, { 'x-tenant-id': 'tenant-other' })
  expect(narrowed.data).toMatchObject({ viewer: { tenantId: 'tenant-acme' } })

  expect((await app.gql(VIEWER)).status).toBe(200)
  const init = { method: 'POST', body: '{"role":"VIEWER"}', headers: { 'content-type': 'application/json' } }
  const { token: dev } = (await (await app.http('/auth/dev', init)).json()) as { token: string }
  expect((await ask(dev)).data).toMatchObject({ viewer: { roles: ['VIEWER'], actor: { id: 'dev:viewer' } } })
})

test('an invalid token is refused with 401 and the reason', async () => {
  const stranger = await startProvider()
  const good = await provider.sign(provider.claimsOf('admin'))
  const refused = await invalidTokens({ provider, stranger, good, now: seconds() })
  const answers = await Promise.all(
    refused.map(async ([reason, token]) => {
      const { status, errors, data } = await ask(await token)
      const { code, reason: told } = (errors?.[0]?.extensions ?? {}) as { code?: string; reason?: string }
      return { reason, status, code, told, data }
    }),
  )
  for (const { reason, ...answer } of answers)
    expect(answer).toEqual({ status: 401, code: 'UNAUTHENTICATED', told: reason, data: undefined })
  expect(await status(good)).toBe(200)
  await stranger.stop()

  const response = await app.http(
    '/events',
    { method: 'POST', body: '{}' },
    { as: { bearer: await provider.sign({ ...provider.claimsOf('admin'), aud: 'x' }) } },
  )
  expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
  expect(await response.json()).toMatchObject({ code: 'UNAUTHENTICATED', detail: expect.stringContaining('audience') })
})

test('clocks may differ by the skew, and a verified token ends at its time', async () => {
  const ends = seconds() + 60
  const token = await provider.sign({ ...provider.claimsOf('viewer'), nbf: seconds() + 4, exp: ends })
  expect(await status(token)).toBe(200)
  clock.advance((ends + 4) * 1_000 - clock())
  expect(await status(token)).toBe(200)
  clock.advance(1_000)
  expect(await status(token)).toBe(401)
})

test('a user without a role is identified but may do nothing: 403, which is recorded', async () => {
  const { access_token: token } = await provider.signIn('nobody')
  const as = { bearer: token }
  expect(await app.gql(VIEWER, {}, { as })).toMatchObject({
    status: 403,
    errors: [{ extensions: { code: 'FORBIDDEN' } }],
  })
  for (const path of ['/metrics', '/events']) {
    const init = path === '/events' ? { method: 'POST', body: '{}' } : {}
    expect((await app.http(path, init, { as })).status).toBe(403)
  }
  const entries = await app.sql('SELECT actor_id, action, outcome FROM audit_entries WHERE actor_id = $1', ['nobody'])
  expect(entries).toContainEqual({ actor_id: 'nobody', action: 'http.graphql', outcome: 'DENIED' })
})

test('roles have our names, or the names from the settings', async () => {
  const roles = async (names: unknown) => {
    const token = await provider.sign({ ...provider.claimsOf('viewer'), realm_access: { roles: names } })
    const { data } = await app.gql<{ viewer: { roles: string[] } }>(VIEWER, {}, { as: { bearer: token } })
    return data?.viewer.roles
  }
  expect(await roles(['Viewer', 'on-call', 'offline_access'])).toEqual(['VIEWER', 'OPERATOR'])
  expect(await roles('openid agent')).toEqual(['AGENT'])
  expect(await roles(['constructor', '__proto__', 'ADMINS', 7, null])).toBeUndefined()
})

test('a user of several tenants must choose one; an invalid tenant gives no access', async () => {
  const tokenOf = (tenant: unknown, roles = ['agent']) =>
    provider.sign({ ...provider.claimsOf('viewer'), realm_access: { roles }, tenant_id: tenant })
  const several = await tokenOf(['tenant-a', 'tenant-b'])
  expect(await ask(several)).toMatchObject({
    status: 400,
    errors: [{ extensions: { code: 'BAD_USER_INPUT', path: ['X-Tenant-ID'], tenants: ['tenant-a', 'tenant-b'] } }],
  })
  await app.sql(
    `INSERT INTO tenants (id, name, updated_at) VALUES ('tenant-a', 'A', now()), ('tenant-b', 'B', now()), ('tenant-c', 'C', now())`,
  )
  expect((await ask(several, { 'x-tenant-id': 'tenant-b' })).data).toMatchObject({
    viewer: { tenantId: 'tenant-b', tenants: [{ id: 'tenant-a' }, { id: 'tenant-b' }] },
  })
  expect((await ask(several, { 'x-tenant-id': 'tenant-c' })).status).toBe(403)
  expect((await ask(await tokenOf(['tenant-a']))).data).toMatchObject({ viewer: { tenantId: 'tenant-a' } })
  for (const none of [null, '', [], ['tenant-a', ''], 'No Tenant', {}, 0, 5, true, false])
    expect(await status(await tokenOf(none, ['admin'])), JSON.stringify(none)).toBe(403)
})

test('a new key of the provider is found by its first token, and a withdrawn one gives no access', async () => {
  const before = await provider.sign(provider.claimsOf('viewer'))
  expect(await status(before)).toBe(200)
  clock.advance(20_000)
  await provider.rotate()
  const after = await provider.sign(provider.claimsOf('viewer'))
  expect([await status(after), await status(before)]).toEqual([200, 200])

  clock.advance(20_000)
  await provider.rotate({ withdraw: true })
  expect(await status(await provider.sign(provider.claimsOf('viewer')))).toBe(200)
  expect([await status(after), await status(before)]).toEqual([401, 401])

  // Also without a new token: keys have a maximum age.
  const lasting = await provider.sign({ ...provider.claimsOf('viewer'), exp: seconds() + 3_600 })
  expect(await status(lasting)).toBe(200)
  await provider.rotate({ withdraw: true })
  clock.advance(601_000)
  await until('the keys were read again', async () => (await status(lasting)) === 401)
})

test('a token that was verified while its key was withdrawn is not cached', async () => {
  clock.advance(20_000)
  await provider.rotate()
  const tokens = createOidcTokens(app.core, provider.issuer, app.core.env.OIDC_AUDIENCE ?? [])
  const sign = (subject: string) =>
    provider.sign({ ...provider.claimsOf('viewer'), sub: subject, exp: seconds() + 900 })
  const [first, second] = [await sign('first'), await sign('second')]
  await tokens.verify(first)
  await provider.rotate({ withdraw: true })
  clock.advance(601_000)
  // Signatures are verified on these threads, until the keys have been read again.
  const busy = Array.from({ length: 32 }, () => derive('password', 'salt', 400_000, 32, 'sha256'))
  expect(await tokens.verify(second)).toMatchObject({ id: 'second' })
  await Promise.all(busy)
  for (const token of [first, second])
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

test('unknown key names do not cause repeated requests to the provider', async () => {
  clock.advance(20_000)
  const asked = provider.asked.get(KEYS) ?? 0
  const guesses = Array.from({ length: 100 }, () =>
    provider.sign(provider.claimsOf('admin'), { header: { kid: randomBytes(8).toString('hex') } }),
  )
  const found = await Promise.all(guesses.map(async (token) => status(await token)))
  // Further requests in a row get an error that advises a retry.
  for (const each of found) expect([401, 503]).toContain(each)
  expect((provider.asked.get(KEYS) ?? 0) - asked).toBeLessThanOrEqual(5)
})

test('a new key is not refused because of unknown names from other requests', async () => {
  const guess = async () =>
    ask(await provider.sign(provider.claimsOf('admin'), { header: { kid: randomBytes(8).toString('hex') } }))
  clock.advance(60_000)
  const asked = provider.asked.get(KEYS) ?? 0
  await guess()
  await provider.rotate()
  const signed = () => provider.sign({ ...provider.claimsOf('viewer'), exp: seconds() + 900 })
  expect(await status(await signed())).toBe(200)

  // Repeated guesses are answered as unknown, and so is a new key, for up to ten seconds.
  let last = await guess()
  for (let i = 0; i < 10 && last.status === 401; i++) last = await guess()
  expect(last).toMatchObject({
    status: 503,
    errors: [{ extensions: { code: 'UNAVAILABLE', retryAfterMs: expect.any(Number) } }],
  })
  expect((provider.asked.get(KEYS) ?? 0) - asked).toBe(5)
  await provider.rotate()
  const next = await signed()
  expect(await status(next)).toBe(503)
  clock.advance(10_000)
  expect(await status(next)).toBe(200)
})

test('while the provider is down its cached keys are used, and an unknown key is 503', async () => {
  const cold = await startTestApp({ clock, env: provider.settings })
  await provider.away()
  clock.advance(20_000)
  expect(await status(await provider.sign({ ...provider.claimsOf('viewer'), exp: seconds() + 900 }))).toBe(200)
  const unknown = await provider.sign(provider.claimsOf('viewer'), { header: { kid: 'is it new?' } })
  expect(await ask(unknown)).toMatchObject({ status: 503, errors: [{ extensions: { code: 'UNAVAILABLE' } }] })

  const token = await provider.sign({ ...provider.claimsOf('viewer'), exp: seconds() + 900 })
  const as = { bearer: token }
  expect((await cold.gql(VIEWER, {}, { as })).status).toBe(503)
  expect((await cold.gql(VIEWER)).status).toBe(200)
  const socket = await openSocket(cold)
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })
  expect((await socket.closed).code).toBe(1013)

  await provider.back()
  clock.advance(2_000)
  expect((await cold.gql(VIEWER, {}, { as })).status).toBe(200)
  await cold.stop()
})

test('a WebSocket ends with 4403 when its token expires', async () => {
  const token = await provider.sign({ ...provider.claimsOf('viewer'), exp: seconds() + 60 })
  const socket = await signedIn(app, { key: token })
  socket.send({ type: 'subscribe', id: 's', payload: { query: 'subscription { events { cursor } }' } })
  clock.advance(66_000)
  expect(await socket.closed).toEqual({ code: 4403, reason: 'Forbidden' })
})

test('a token without a tenant may be refused, and claims may have other names', async () => {
  const of = userOf('Grace', [])
  provider.users.set('grace', {
    ...of,
    claims: { 'https://example.com/roles': ['ops'], organization: 'tenant-a', email: 'grace@example.com' },
  })
  const other = await startTestApp({
    env: {
      ...provider.settings,
      OIDC_JWKS_URI: `${provider.issuer}${KEYS}`,
      OIDC_ROLES_CLAIM: 'https://example.com/roles',
      OIDC_ROLE_MAP: 'ops:ADMIN',
      OIDC_TENANT_CLAIM: 'organization',
      OIDC_TENANT_REQUIRED: 'true',
      OIDC_NAME_CLAIM: 'email',
    },
  })
  const discoveries = provider.asked.get('/.well-known/openid-configuration')
  const { access_token: token } = await provider.signIn('grace')
  expect(await other.ok(VIEWER, {}, { as: { bearer: token } })).toMatchObject({
    viewer: { actor: { name: 'grace@example.com' }, roles: ['ADMIN'], tenantId: 'tenant-a' },
  })
  const { organization: _none, ...unbound } = provider.claimsOf('grace')
  const refused = await other.gql(VIEWER, {}, { as: { bearer: await provider.sign(unbound) } })
  expect(refused).toMatchObject({ status: 403, errors: [{ message: expect.stringContaining('organization') }] })
  expect(provider.asked.get('/.well-known/openid-configuration')).toBe(discoveries)
  await other.stop()
})
