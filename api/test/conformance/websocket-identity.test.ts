import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestClock, startTestApp, type TestApp } from '../harness.ts'
import { follow, init, makeKey, openSocket, type RawSocket, signedIn } from './sockets.ts'

const clock = createTestClock()
let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ clock, env: { AUTH_RECHECK_MS: '50' } })
})
afterAll(() => app.stop())

describe('the identity of a socket', () => {
  const viewer = async (socket: RawSocket) => {
    socket.send({ type: 'subscribe', id: 'v', payload: { query: '{ viewer { roles tenantId } }' } })
    return ((await socket.received('next', 'v')).payload as { data: { viewer: object } }).data.viewer
  }

  test('comes from connection_init, with names in any case', async () => {
    const { key } = await makeKey(app, { role: 'OPERATOR' })
    for (const payload of [
      { authorization: `Bearer ${key}` },
      { Authorization: `bearer ${key}` },
      { 'X-API-KEY': key },
    ]) {
      const socket = await openSocket(app)
      socket.send(init({ ...payload, 'X-Tenant-ID': 'tenant-acme' }))
      await socket.received('connection_ack')
      expect(await viewer(socket)).toEqual({ roles: ['OPERATOR'], tenantId: 'tenant-acme' })
      socket.socket.close()
    }
  })

  test('or from the headers of the upgrade request', async () => {
    const headers = {
      authorization: `Bearer ${(await makeKey(app, { role: 'VIEWER' })).key}`,
      'x-tenant-id': 'tenant-b',
    }
    const byHeaders = await openSocket(app, { headers })
    byHeaders.send({ type: 'connection_init' })
    await byHeaders.received('connection_ack')
    expect(await viewer(byHeaders)).toEqual({ roles: ['VIEWER'], tenantId: 'tenant-b' })

    const byBoth = await openSocket(app, { headers })
    byBoth.send(init({ authorization: 'Bearer alk_this-one-counts-and-is-unknown' }))
    expect((await byBoth.closed).code).toBe(4403)
    byHeaders.socket.close()
  })

  test('a denial has a reason and is in the audit trail', async () => {
    const { key } = await makeKey(app, { role: 'AGENT' })
    const socket = await openSocket(app)
    socket.send(init({ 'x-api-key': key, 'x-tenant-id': 'tenant-acme' }))
    const reason = 'Forbidden: X-Tenant-ID: naming a tenant requires the role OPERATOR'
    expect(await socket.closed).toEqual({ code: 4403, reason })
    const entries = await app.sql(`SELECT action FROM audit_entries WHERE outcome = 'DENIED'`)
    expect(entries).toEqual([{ action: 'http.graphql' }])
  })

  test('is rechecked: a revoked key closes the socket and its streams with 4403', async () => {
    const { id, key } = await makeKey(app)
    const [revoked, other] = await Promise.all([signedIn(app, { key }), signedIn(app)])
    await follow(app, revoked, '1')
    await app.sql('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [id])
    // For this time, the look-up of an API key is cached.
    clock.advance(10_000)
    expect(await revoked.closed).toEqual({ code: 4403, reason: 'Forbidden' })
    expect(await viewer(other)).toMatchObject({ roles: ['ADMIN'] })
    other.socket.close()
  })

  test('a socket ends when its token expires', async () => {
    const headers = { 'content-type': 'application/json' }
    const response = await app.http('/auth/dev', { method: 'POST', body: '{"role":"VIEWER"}', headers })
    const { token } = (await response.json()) as { token: string }
    const socket = await signedIn(app, { key: token })
    clock.advance(12 * 3_600_000)
    expect((await socket.closed).code).toBe(4403)
  })
})
