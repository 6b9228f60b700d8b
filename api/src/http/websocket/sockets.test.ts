import { once } from 'node:events'
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSocket, signedIn } from '../../../test/conformance/sockets.ts'
import { startTestApp, type TestApp, until } from '../../../test/harness.ts'

async function ask(app: TestApp, options: RequestOptions, body = '') {
  const asked = request(app.url, options)
  asked.end(body)
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, headers: response.headers, body: text }
}

const WEBSOCKET = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'graphql-transport-ws',
}

describe('a request that offers another protocol', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startTestApp({ env: { WEBSOCKET_MAX_CONNECTIONS: '2' } })
  })
  afterAll(() => app.stop())

  test('is refused with HTTP on other paths and for an invalid handshake', async () => {
    const headers = { ...WEBSOCKET, 'x-request-id': 'abc' }
    const elsewhere = await ask(app, { path: '/events', headers })
    expect(elsewhere).toMatchObject({ status: 404, headers: { connection: 'close', 'x-request-id': 'abc' } })
    expect(JSON.parse(elsewhere.body)).toMatchObject({ status: 404, detail: 'WebSockets are served at /graphql' })
    expect((await ask(app, { path: '/graphql', headers: { ...headers, 'sec-websocket-key': 'x' } })).status).toBe(400)
    expect((await ask(app, { path: '/graphql', headers, method: 'POST' })).status).toBe(405)
  })

  test('is refused with 503 if too many sockets are open', async () => {
    const open = [await openSocket(app), await openSocket(app)]
    const refused = await ask(app, { path: '/graphql', headers: WEBSOCKET })
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
    open[0]?.socket.close()
    await open[0]?.closed
    const next = await until('room for another', () => openSocket(app).catch(() => null))
    next.socket.close()
    open[1]?.socket.close()
  })

  test('is answered with HTTP if the protocol is unknown', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const headers = {
      connection: 'Upgrade, HTTP2-Settings',
      upgrade: 'h2c',
      'http2-settings': 'AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
      'content-type': 'application/json',
      authorization: `Bearer ${await devToken(app)}`,
    }
    const body = JSON.stringify({ query: `{ viewer { roles } } #${'x'.repeat(300_000)}` })
    for (const path of ['/graphql', '/graphql']) {
      const answer = await ask(app, { path, headers, method: 'POST', agent }, body)
      expect(answer).toMatchObject({ status: 200, body: '{"data":{"viewer":{"roles":["ADMIN"]}}}' })
    }
    agent.destroy()
  })
})

async function devToken(app: TestApp): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const response = await app.http('/auth/dev', { method: 'POST', body: '{"role":"ADMIN"}', headers })
  return ((await response.json()) as { token: string }).token
}

test('a stop closes sockets with 1001: streams immediately, others after their running operations', async () => {
  const app = await startTestApp()
  const [streaming, asking] = [await signedIn(app), await signedIn(app)]
  streaming.send({ type: 'subscribe', id: 's', payload: { query: 'subscription { events { cursor } }' } })
  const { locked, unlock, unlocked } = lockTenants(app)
  await locked
  asking.send({ type: 'subscribe', id: 'q', payload: { query: '{ tenants { id } }' } })
  await until('the query waits', async () => {
    const [row] = await app.sql<{ n: number }>('SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted')
    return row?.n
  })

  const stopped = app.stop()
  expect(await streaming.closed).toEqual({ code: 1001, reason: 'Going away' })
  expect(streaming.messages.map(({ type }) => type)).toEqual(['connection_ack'])
  expect(asking.socket.readyState).toBe(asking.socket.OPEN)
  unlock()
  expect(await asking.closed).toEqual({ code: 1001, reason: 'Going away' })
  expect(asking.messages.map(({ type }) => type)).toEqual(['connection_ack', 'next', 'complete'])
  await unlocked
  await stopped
})

/** Holds a lock that blocks every read of the tenants. */
function lockTenants(app: TestApp) {
  let unlock = () => {}
  const held = new Promise<void>((resolve) => {
    unlock = resolve
  })
  let isLocked = () => {}
  const locked = new Promise<void>((resolve) => {
    isLocked = resolve
  })
  const unlocked = app.core.db.transaction(async (client) => {
    await client.query('LOCK TABLE tenants IN ACCESS EXCLUSIVE MODE')
    isLocked()
    await held
  })
  return { locked, unlock, unlocked }
}
