import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSocket } from '../../test/conformance/sockets.ts'
import { startTestApp, type TestApp } from '../../test/harness.ts'

const SECRET = randomBytes(32).toString('base64')
const VIEWER = '{ viewer { actor { kind id name } roles tenantId } }'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ env: { AUTH_MODE: 'headers', GATEWAY_SECRET: SECRET } })
})
afterAll(() => app.stop())

const named = { 'x-user-id': 'u-17', 'x-user-name': 'Åsa', 'x-user-roles': 'operator', 'x-tenant-id': 'tenant-acme' }
const trusted = { ...named, 'x-gateway-secret': SECRET }
const ask = (headers: Record<string, string>) => {
  // As gateways send it: names in UTF-8, which fetch accepts only as bytes.
  const bytes = Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString('latin1')])
  return app.gql<object>(VIEWER, {}, { as: null, headers: Object.fromEntries(bytes) })
}

test('a gateway with the secret names the user, the roles, and the tenant', async () => {
  const { status, data } = await ask(trusted)
  expect({ status, data }).toEqual({
    status: 200,
    data: {
      viewer: { actor: { kind: 'USER', id: 'u-17', name: 'Åsa' }, roles: ['OPERATOR'], tenantId: 'tenant-acme' },
    },
  })
  const { 'x-tenant-id': _, ...unbound } = { ...trusted, 'x-user-roles': 'Viewer, something-else, ADMIN' }
  expect((await ask(unbound)).data).toMatchObject({ viewer: { roles: ['VIEWER', 'ADMIN'], tenantId: null } })
  // The gateway binds the identity; it may do so for an AGENT, too.
  expect((await ask({ ...trusted, 'x-user-roles': 'agent' })).status).toBe(200)
})

test.each([
  ['without the secret', {}],
  ['with an empty secret', { 'x-gateway-secret': '' }],
  ['with another secret', { 'x-gateway-secret': randomBytes(32).toString('base64') }],
  ['with a secret that begins well', { 'x-gateway-secret': SECRET.slice(0, -1) }],
  ['with the secret twice', { 'x-gateway-secret': `${SECRET}, ${SECRET}` }],
])('%s the headers name no one', async (_how, headers) => {
  expect(await ask({ ...named, ...headers })).toMatchObject({
    status: 401,
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  })
})

test('the secret alone identifies nobody; a user needs a name and a role', async () => {
  expect((await ask({ 'x-gateway-secret': SECRET })).status).toBe(401)
  expect(await ask({ 'x-gateway-secret': SECRET, 'x-user-roles': 'admin' })).toMatchObject({
    status: 401,
    errors: [{ message: expect.stringContaining('X-User-Id') }],
  })
  expect((await ask({ ...trusted, 'x-user-roles': '' })).status).toBe(403)
  expect((await ask({ ...trusted, 'x-user-roles': 'root' })).status).toBe(403)
  for (const tenant of ['', 'tenant-a, tenant-b', '../x'])
    expect((await ask({ ...trusted, 'x-tenant-id': tenant })).status).toBe(400)
})

test('a program sends its API key, through the gateway or directly', async () => {
  const key = { headers: { 'x-gateway-secret': SECRET } }
  expect(await app.ok(VIEWER, {}, key)).toMatchObject({ viewer: { actor: { kind: 'API_KEY' }, roles: ['ADMIN'] } })
  expect(await app.ok(VIEWER)).toMatchObject({ viewer: { actor: { kind: 'API_KEY' } } })
})

test('on a WebSocket the headers of the gateway apply, and the socket cannot choose another tenant', async () => {
  const tenantOn = async (headers: Record<string, string>, payload: object) => {
    const socket = await openSocket(app, { headers })
    socket.send({ type: 'connection_init', payload })
    await socket.received('connection_ack')
    socket.send({ type: 'subscribe', id: '1', payload: { query: VIEWER } })
    const next = (await socket.received('next', '1')) as { payload?: unknown }
    socket.socket.close()
    return next.payload
  }
  const { 'x-user-name': _, ...ascii } = trusted
  expect(await tenantOn(ascii, { 'x-tenant-id': 'tenant-other' })).toMatchObject({
    data: { viewer: { actor: { id: 'u-17' }, tenantId: 'tenant-acme' } },
  })
  const { 'x-tenant-id': __, ...agent } = { ...ascii, 'x-user-roles': 'agent' }
  expect(await tenantOn(agent, { 'X-Tenant-ID': 'tenant-other' })).toMatchObject({
    data: { viewer: { tenantId: null } },
  })

  const liar = await openSocket(app, { headers: { ...ascii, 'x-gateway-secret': 'a guess' } })
  liar.send({ type: 'connection_init' })
  expect((await liar.closed).code).toBe(4403)
})
