import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { NextRequest, NextResponse } from 'next/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { keepSealed, sealSession } from '@/features/access/session.ts'
import { keepChoice } from '@/features/access/tenant/tenant-choice.ts'
import { createRelay, type Relay } from './relay.ts'

const PROTOCOL = 'graphql-transport-ws'
let cookie: string

let api: Server
let web: Server
let relay: Relay
let apiSockets: Set<Socket>
const sockets = new WebSocketServer({ noServer: true })

const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
const portOf = (server: Server) => (server.address() as AddressInfo).port

beforeEach(async () => {
  vi.stubEnv('SECRET_KEY', randomBytes(32).toString('base64'))
  cookie = `theme=dark; aetherlink_session=s1.${sealSession({ token: 'tok/en', until: Number.MAX_SAFE_INTEGER })}`
  apiSockets = new Set()
  api = createServer()
  api.on('connection', (socket) => {
    apiSockets.add(socket)
    socket.once('close', () => apiSockets.delete(socket))
  })
  relay = createRelay(new URL(`http://127.0.0.1:${await listen(api)}/graphql`))
  web = createServer()
  web.on('upgrade', relay.upgrade)
  await listen(web)
})

afterEach(async () => {
  relay.close()
  for (const socket of apiSockets) socket.destroy()
  await Promise.all([api, web].map((server) => new Promise((done) => server.close(done))))
  vi.unstubAllEnvs()
})

/** An API that first reports the path and headers of each socket, and then echoes messages. */
const acceptSockets = () =>
  api.on('upgrade', (req, socket, head) =>
    sockets.handleUpgrade(req, socket, head, (opened) => {
      opened.send(JSON.stringify({ path: req.url, ...req.headers }))
      opened.on('message', (data) => opened.send(String(data)))
    }),
  )

function open(headers: Record<string, string> = {}, query = ''): WebSocket {
  const host = `127.0.0.1:${portOf(web)}`
  return new WebSocket(`ws://${host}/graphql${query}`, PROTOCOL, {
    headers: { origin: `http://${host}`, cookie, ...headers },
  })
}

/** The status with which a socket was refused. */
const refused = (socket: WebSocket) =>
  new Promise<number | undefined>((resolve, reject) => {
    socket.once('unexpected-response', (req, { statusCode }) => {
      resolve(statusCode)
      req.destroy()
    })
    socket.once('open', () => reject(new Error('it was not refused')))
    socket.on('error', () => {})
  })

describe('a socket of a page', () => {
  it('reaches the API with the identity of the cookie and no other browser headers', async () => {
    acceptSockets()
    const socket = open()
    const [first] = await once(socket, 'message')
    const { authorization, origin, cookie: sent, path } = JSON.parse(String(first))
    expect({ authorization, origin, sent, path, protocol: socket.protocol }).toEqual({
      authorization: 'Bearer tok/en',
      origin: undefined,
      sent: undefined,
      path: '/graphql',
      protocol: PROTOCOL,
    })
    socket.send('there and back')
    const [second] = await once(socket, 'message')
    expect(String(second)).toBe('there and back')
    socket.close(1000)
    await once(socket, 'close')
    await vi.waitFor(() => expect(apiSockets.size).toBe(0))
  })

  it('receives the close code of the API', async () => {
    api.on('upgrade', (req, socket, head) =>
      sockets.handleUpgrade(req, socket, head, (opened) => opened.close(4403, 'Forbidden')),
    )
    const [code, reason] = await once(open(), 'close')
    expect([code, String(reason)]).toEqual([4403, 'Forbidden'])
  })

  it('ends when the API disconnects, and vice versa', async () => {
    acceptSockets()
    const socket = open()
    await once(socket, 'message')
    for (const one of apiSockets) one.resetAndDestroy()
    const [code] = await once(socket, 'close')
    expect(code).toBe(1006)

    const other = open()
    await once(other, 'message')
    other.terminate()
    await vi.waitFor(() => expect(apiSockets.size).toBe(0))
  })

  it('applies backpressure', async () => {
    let server: WebSocket | undefined
    api.on('upgrade', (req, socket, head) =>
      sockets.handleUpgrade(req, socket, head, (opened) => {
        server = opened
        opened.send('hello')
      }),
    )
    const socket = open()
    await once(socket, 'message')
    socket.pause()
    const megabyte = Buffer.alloc(1024 * 1024)
    for (let n = 0; n < 24; n += 1) server?.send(megabyte)
    // Data that does not fit into the system's buffers stays in the API, which has its own limits.
    await vi.waitFor(() => expect(server?.bufferedAmount).toBeGreaterThan(8 * megabyte.length))
    let received = 0
    socket.on('message', () => {
      received += 1
    })
    socket.resume()
    await vi.waitFor(() => expect(received).toBe(24), { timeout: 10_000 })
    socket.terminate()
  })
})

describe('a socket with a chosen tenant', () => {
  const tokens = {
    id: 'one',
    subject: 'sam',
    accessToken: 'token',
    refreshToken: null,
    idToken: null,
    renewAt: Number.MAX_SAFE_INTEGER,
    expiresAt: Number.MAX_SAFE_INTEGER,
  }
  const cookieOf = (tenantId: string): string => {
    const request = new NextRequest('http://console.example/')
    const response = new NextResponse()
    const sealed = sealSession(tokens)
    keepSealed(request, response, sealed)
    keepChoice(request, response, { kind: 'oidc', sealed, tokens }, tenantId)
    return response.cookies
      .getAll()
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }
  it('is relayed with the tenant for a page that shows it', async () => {
    acceptSockets()
    const socket = open({ cookie: cookieOf('tenant-1') }, '?tenant=tenant-1')
    const [first] = await once(socket, 'message')
    expect(JSON.parse(String(first))).toMatchObject({
      authorization: 'Bearer token',
      'x-tenant-id': 'tenant-1',
      path: '/graphql',
    })
    socket.terminate()
  })

  it('is refused for a page that shows another tenant', async () => {
    const cookie = cookieOf('tenant-1')
    expect(await refused(open({ cookie }, '?tenant=tenant-2'))).toBe(409)
    expect(await refused(open({ cookie }))).toBe(409)
    expect(await refused(open({}, '?tenant=tenant-1'))).toBe(409)
  })
})

it('the forwarded address of a socket ends with the peer', async () => {
  acceptSockets()
  for (const [said, told] of [
    [{}, '127.0.0.1'],
    [{ 'x-forwarded-for': '8.8.8.8, 203.0.113.7' }, '8.8.8.8, 203.0.113.7, 127.0.0.1'],
  ] as const) {
    const socket = open(said)
    const [first] = await once(socket, 'message')
    expect(JSON.parse(String(first))['x-forwarded-for']).toBe(told)
    socket.terminate()
  }
})

it('a socket over https uses only the cookie with the __Host- prefix', async () => {
  acceptSockets()
  const https = { 'x-forwarded-proto': 'https' }
  expect(await refused(open(https))).toBe(401)
  const socket = open({ ...https, cookie: cookie.replace('aether', '__Host-aether') })
  const [first] = await once(socket, 'message')
  expect(JSON.parse(String(first))).toMatchObject({ authorization: 'Bearer tok/en' })
  socket.terminate()
})

describe('a socket is refused', () => {
  it('for pages of other sites and without a session, without contacting the API', async () => {
    let asked = 0
    api.on('upgrade', (_req, socket) => {
      asked += 1
      socket.destroy()
    })
    expect(await refused(open({ origin: 'https://evil.example' }))).toBe(403)
    expect(await refused(open({ cookie: '' }))).toBe(401)
    expect(asked).toBe(0)
  })

  it('with the response of the API, or with 502 without one', async () => {
    let answer = 'HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n'
    api.on('upgrade', (_req, socket) => socket.end(answer))
    expect(await refused(open())).toBe(401)
    answer = 'HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n'
    expect(await refused(open())).toBe(502)
    answer = ''
    expect(await refused(open())).toBe(502)
    await new Promise((done) => api.close(done))
    expect(await refused(open())).toBe(502)
    api.listen(0)
  })

  it('when the API takes too long', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      api.on('upgrade', () => vi.advanceTimersByTime(10_000))
      expect(await refused(open())).toBe(504)
    } finally {
      vi.useRealTimers()
    }
  })
})

it('a browser that aborts the handshake is harmless, and closing ends open sockets', async () => {
  let asked = 0
  api.on('upgrade', (_req, socket) => {
    asked += 1
    socket.on('end', () => socket.end()).resume()
  })
  const hasty = connect(portOf(web), '127.0.0.1')
  hasty.write(
    `GET /graphql HTTP/1.1\r\nhost: x\r\norigin: http://x\r\ncookie: ${cookie}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
  )
  await vi.waitFor(() => expect(asked).toBe(1))
  hasty.resetAndDestroy()
  await vi.waitFor(() => expect(apiSockets.size).toBe(0))

  api.removeAllListeners('upgrade')
  acceptSockets()
  const socket = open()
  await once(socket, 'message')
  relay.close()
  const [code] = await once(socket, 'close')
  expect(code).toBe(1006)
  await vi.waitFor(() => expect(apiSockets.size).toBe(0))
})
