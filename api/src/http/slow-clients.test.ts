import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { makeKey } from '../../test/conformance/sockets.ts'
import { startTestApp, type TestApp, until } from '../../test/harness.ts'
import { subscribe } from '../../test/streams.ts'

/*
 * Clients that occupy a connection without using it: https://owasp.org/www-community/attacks/Slow_Client and similar
 * attacks at each stage of a request. All of them are disconnected; other clients are served.
 */
let app: TestApp
let bearer: string
beforeAll(async () => {
  app = await startTestApp({
    env: {
      HTTP_HEADERS_TIMEOUT_MS: '300',
      HTTP_REQUEST_TIMEOUT_MS: '600',
      HTTP_STALL_MS: '400',
      OPERATION_TIMEOUT_MS: '2000',
      EVENT_STREAMS_MAX: '3',
    },
  })
  bearer = (await makeKey(app)).key
})
afterAll(() => app.stop())

interface Client {
  socket: Socket
  /** The bytes received so far. */
  text(): string
  closed: Promise<unknown>
}

function open(): Client {
  const { port, hostname } = new URL(app.url)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('data', (data) => {
    text += data
  })
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return { socket, text: () => text, closed: once(socket, 'close') }
}

/** Writes a piece every few milliseconds as long as the peer reads. */
async function drip(socket: Socket, pieces: () => string): Promise<void> {
  while (!socket.destroyed && socket.writable) {
    socket.write(pieces())
    await delay(20)
  }
}

const head = (path: string, more = '') =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${bearer}\r\ncontent-type: application/json\r\n${more}`

test('a client that sends nothing or only part of its headers is disconnected', async () => {
  const silent = open()
  const partial = open()
  partial.socket.write(head('/graphql'))
  await Promise.all([silent.closed, partial.closed])
  expect(partial.text()).toMatch(/^HTTP\/1\.1 408 /)
})

test('a client that drips its headers is disconnected', async () => {
  const clients = Array.from({ length: 50 }, open)
  let n = 0
  for (const { socket } of clients) {
    socket.write(head('/graphql'))
    void drip(socket, () => `x-${n++}: y\r\n`)
  }
  expect((await app.http('/ready')).status).toBe(200)
  await Promise.all(clients.map(({ closed }) => closed))
})

test('a client that drips its body is disconnected, and its partial body is not processed', async () => {
  const client = open()
  client.socket.write(head('/graphql', 'content-length: 100000\r\n\r\n{"query":"{ viewer { roles } }"}'))
  void drip(client.socket, () => ' ')
  await client.closed
  expect(client.text()).not.toContain('"data"')
})

test('a client that does not read its response is disconnected', async () => {
  const big = 'x'.repeat(200_000)
  for (let i = 0; i < 40; i++)
    await app.ok(
      'mutation ($p: JSON!) { publishEvent(input: { type: "big", source: "x", payload: $p }) { event { id } } }',
      {
        p: { i, big },
      },
    )
  const query = JSON.stringify({ query: '{ events(first: 50, filter: { types: ["big"] }) { nodes { payload } } }' })
  const client = open()
  client.socket.pause()
  client.socket.write(head('/graphql', `content-length: ${query.length}\r\n\r\n${query}`))
  // The server has then closed the connection: only bytes in the kernel's buffers still arrive.
  await until('the request is over', () =>
    app.requests.some(({ operation, path }) => operation === 'events' && path === '/graphql'),
  )
  client.socket.resume()
  await client.closed
  expect(client.text().length).toBeLessThan(40 * big.length)
})

test('a client that reads slowly but steadily gets the whole response', async () => {
  const client = open()
  const query = JSON.stringify({ query: '{ events(first: 50, filter: { types: ["big"] }) { nodes { payload } } }' })
  client.socket.write(head('/graphql', `connection: close\r\ncontent-length: ${query.length}\r\n\r\n${query}`))
  let paused = 0
  client.socket.on('data', () => {
    // Longer in total than a client may stall, but never at once.
    if (paused++ > 20) return
    client.socket.pause()
    setTimeout(() => client.socket.resume(), 60)
  })
  await client.closed
  const body = client.text().slice(client.text().indexOf('\r\n\r\n') + 4)
  expect(JSON.parse(body).data.events.nodes).toHaveLength(40)
  expect(paused).toBeGreaterThan(15)
})

test('the number of event streams is limited, and an ended one frees its slot', async () => {
  const query = 'subscription { deliveryStats { pending } }'
  const streams = await Promise.all([1, 2, 3].map(() => subscribe(app, query)))
  await until('all are open', () => streams.every(({ results }) => results.length > 0))
  const more = () =>
    app.http('/graphql', {
      method: 'POST',
      body: JSON.stringify({ query }),
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    })
  const refused = await more()
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
  expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] })
  expect(await app.ok('{ viewer { roles } }')).toEqual({ viewer: { roles: ['ADMIN'] } })
  await streams[0]!.stop()
  await until('there is room again', async () => {
    const response = await more()
    await response.body?.cancel()
    return response.status === 200
  })
  await Promise.all(streams.map((stream) => stream.stop()))
})
