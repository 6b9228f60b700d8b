import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startTestApp, type TestApp, until } from '../harness.ts'
import {
  EVENTS,
  follow as followOn,
  init,
  makeKey,
  newSource,
  openSocket,
  publish as publishTo,
  type RawSocket,
  signedIn,
} from './sockets.ts'

/** Conformance to graphql-transport-ws (PROTOCOL.md): the effect of each message, and the close code of each error. */

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({
    env: {
      WEBSOCKET_INIT_TIMEOUT_MS: '1000',
      WEBSOCKET_PING_MS: '1000',
      WEBSOCKET_MAX_OPERATIONS: '4',
    },
  })
})
afterAll(() => app.stop())

const QUERY = { query: '{ viewer { roles } }' }
const publish = (source: string, type: string) => publishTo(app, source, type)
const follow = (socket: RawSocket, id: string, source?: string) => followOn(app, socket, id, source)
const openSockets = async () =>
  Number(/^aetherlink_websockets (\d+)$/m.exec(await (await app.http('/metrics')).text())?.[1])
/** The logged operations on sockets that are closed, by their first field. */
const ended = (operation: string) => app.requests.filter((line) => line.method === 'WS' && line.operation === operation)

describe('a socket is closed with', () => {
  const closings: [code: number, why: string, how: (socket: RawSocket) => void][] = [
    [4400, 'a message that is no JSON', (socket) => socket.send('connection_init')],
    [4400, 'a message of an unknown type', (socket) => socket.send({ type: 'start', id: '1', payload: QUERY })],
    [4400, 'a message without its parts', (socket) => socket.send({ type: 'subscribe', id: '1' })],
    [
      4401,
      'an operation before connection_ack',
      (socket) => socket.send({ type: 'subscribe', id: '1', payload: QUERY }),
    ],
    [4403, 'no credentials', (socket) => socket.send({ type: 'connection_init' })],
    [4403, 'a key that nobody has', (socket) => socket.send(init({ authorization: 'Bearer alk_nobody-has-this-key' }))],
    [4403, 'a token that is none', (socket) => socket.send(init({ Authorization: 'Bearer some.thing.else' }))],
    [4408, 'no connection_init in time', () => {}],
    [1009, 'a flood before connection_init', (socket) => socket.send(init({ noise: 'x'.repeat(100_000) }))],
  ]
  test.each(closings)('%i: %s', async (code, _why, how) => {
    const socket = await openSocket(app)
    how(socket)
    expect((await socket.closed).code).toBe(code)
  })

  test.each([null, 'graphql-ws', 'something'])('4406: the subprotocol %s', async (protocol) => {
    // The client of the package `ws` refuses an answer without a subprotocol that it knows.
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, protocol === null ? [] : [protocol])
    const code = await new Promise((resolve) => {
      socket.once('close', resolve)
      socket.once('error', (error) => resolve(error.message))
    })
    expect(code).toBe(protocol === null ? 4406 : 'Server sent no subprotocol')
  })

  test('4409: an id that is in use', async () => {
    const socket = await signedIn(app)
    await follow(socket, 'a')
    socket.send({ type: 'subscribe', id: 'a', payload: QUERY })
    expect(await socket.closed).toEqual({ code: 4409, reason: 'Subscriber for a already exists' })
    const other = await signedIn(app)
    await follow(other, 'ä'.repeat(100))
    other.send({ type: 'subscribe', id: 'ä'.repeat(100), payload: QUERY })
    expect((await other.closed).code).toBe(4409)
  })

  test('4429: a second connection_init', async () => {
    const { key } = await makeKey(app)
    const socket = await openSocket(app)
    socket.send(init({ 'X-API-Key': key }))
    socket.send(init({ 'X-API-Key': key }))
    expect((await socket.closed).code).toBe(4429)
  })

  test('1009: a message over 2 MiB', async () => {
    const socket = await signedIn(app)
    socket.send({ type: 'ping', payload: { x: 'x'.repeat(2 * 1024 * 1024) } })
    expect((await socket.closed).code).toBe(1009)
  })

  test('and leaves nothing behind', async () => {
    await until('all sockets gone', async () => (await openSockets()) === 0)
    expect(ended('events').length).toBe(2)
  })
})

describe('messages', () => {
  let socket: RawSocket
  beforeAll(async () => {
    socket = await signedIn(app)
  })
  afterAll(() => socket.socket.close())

  test('ping is answered by pong with its payload, before and after connection_ack', async () => {
    const fresh = await openSocket(app)
    for (const each of [fresh, socket]) {
      each.send({ type: 'ping', payload: { n: 1 } })
      expect(await each.received('pong')).toEqual({ type: 'pong', payload: { n: 1 } })
    }
    fresh.send({ type: 'ping' })
    await until('the second pong', () => fresh.messages[1])
    expect(fresh.messages[1]).toEqual({ type: 'pong' })
    fresh.socket.close()
  })

  test('a query completes after one result', async () => {
    socket.send({ type: 'subscribe', id: 'q', payload: QUERY })
    await socket.received('complete', 'q')
    expect(socket.messages.filter(({ id }) => id === 'q')).toEqual([
      { id: 'q', type: 'next', payload: { data: { viewer: { roles: ['ADMIN'] } } } },
      { id: 'q', type: 'complete' },
    ])
  })

  test('a mutation too, selected by operation name', async () => {
    const query = `query A { viewer { roles } } mutation B($source: String!) {
      publishEvent(input: { type: "a.b", source: $source }) { event { source } } }`
    const payload = { query, operationName: 'B', variables: { source: 'from-a-socket' } }
    socket.send({ type: 'subscribe', id: 'm', payload })
    await socket.received('complete', 'm')
    expect(socket.of('next', 'm')[0]?.payload).toEqual({
      data: { publishEvent: { event: { source: 'from-a-socket' } } },
    })
  })

  const invalid: [string, object, object][] = [
    ['no GraphQL', { query: '{ viewer' }, { code: 'BAD_USER_INPUT' }],
    ['an unknown field', { query: '{ nothing }' }, { code: 'BAD_USER_INPUT' }],
    ['no such operation', { query: 'query A { viewer { roles } }', operationName: 'B' }, { code: 'BAD_USER_INPUT' }],
    ['nested too deep', { query: nested(40) }, { code: 'QUERY_TOO_COMPLEX', limit: 'depth' }],
  ]
  test.each(invalid)('an operation that is %s gets an error with its code, once', async (what, payload, extensions) => {
    socket.send({ type: 'subscribe', id: what, payload })
    const error = await socket.received('error', what)
    expect(error.payload).toMatchObject([{ message: expect.any(String), extensions }])
    socket.send({ type: 'ping', payload: { what } })
    await until('the pong', () => socket.messages.find(({ type, payload }) => type === 'pong' && is(payload, what)))
    expect(socket.messages.filter(({ id }) => id === what)).toEqual([error])
  })
  const is = (payload: unknown, what: string) => (payload as { what?: string } | undefined)?.what === what

  test('resolver errors are part of the result, with the same codes as over HTTP', async () => {
    const query = '{ node(id: "evt_x") { id } }'
    socket.send({ type: 'subscribe', id: 'e', payload: { query } })
    await socket.received('complete', 'e')
    const { data, errors } = await app.gql(query)
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
    expect(socket.of('next', 'e')[0]?.payload).toEqual({ data, errors })
  })

  test('a subscription that cannot start completes with an error', async () => {
    const query = 'subscription { events(after: "x") { cursor } }'
    socket.send({ type: 'subscribe', id: 's', payload: { query } })
    await socket.received('complete', 's')
    expect(socket.of('next', 's')[0]?.payload).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
  })

  test('frames arrive in order until the client completes', async () => {
    const over = ended('events').length
    const source = await follow(socket, 'f')
    const begun = socket.of('next', 'f').length
    const types = Array.from({ length: 30 }, (_, n) => `t.${n}`)
    for (const type of types) await publish(source, type)
    await until('all frames', () => socket.of('next', 'f').length === begun + types.length)
    const typeOf = ({ payload }: { payload?: unknown }) =>
      (payload as { data: { events: { event: { type: string } } } }).data.events.event.type
    expect(socket.of('next', 'f').slice(begun).map(typeOf)).toEqual(types)

    socket.send({ type: 'complete', id: 'f' })
    await until('the end of the stream', () => ended('events').length === over + 1)
    const frames = socket.of('next', 'f').length
    await publish(source, 'too.late')
    await follow(socket, 'g')
    expect(socket.of('next', 'f').length).toBe(frames)
    expect(socket.of('complete', 'f')).toEqual([])
    socket.send({ type: 'complete', id: 'g' })
  })

  test('a completed id can be reused immediately', async () => {
    let wire: Socket | undefined
    const createConnection = ((options: NetConnectOpts) => {
      wire = connect(options)
      return wire
    }) as typeof connect
    const own = await signedIn(app, { createConnection })
    const over = ended('events').length
    await follow(own, 'i')
    const next = newSource()
    // Sent in one piece, so that the second operation arrives before the first one has ended.
    wire?.cork()
    own.send({ type: 'complete', id: 'i' })
    own.send({ type: 'subscribe', id: 'i', payload: { query: EVENTS, variables: { source: next } } })
    wire?.uncork()
    await until('the end of the first', () => ended('events').length === over + 1)
    const isNext = () => JSON.stringify(own.of('next', 'i').at(-1)).includes('second')
    await until('a frame of the second', () => isNext() || publish(next, 'second').then(() => false))
    own.send({ type: 'complete', id: 'i' })
    await until('the end of the second', () => ended('events').length === over + 2)
    own.socket.close()
  })

  test('the number of running operations per socket is limited; a finished one frees its slot', async () => {
    const busy = await signedIn(app)
    const source = newSource()
    for (const id of ['1', '2', '3', '4']) await follow(busy, id, source)
    busy.send({ type: 'subscribe', id: '5', payload: QUERY })
    expect((await busy.received('error', '5')).payload).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }])
    busy.send({ type: 'complete', id: '1' })
    await until('room', () => {
      busy.send({ type: 'subscribe', id: String(Math.random()), payload: QUERY })
      return busy.messages.find(({ type }) => type === 'complete')
    })
    busy.socket.close()
  })
})

/** A valid query of this depth. */
function nested(depth: number): string {
  let query = 'name'
  for (let n = 0; n < depth; n++) query = `ofType { ${query} }`
  return `{ __schema { types { ${query} } } }`
}

describe('connections', () => {
  test('a peer that does not answer pings is disconnected', async () => {
    const socket = await signedIn(app, { autoPong: false })
    expect((await socket.closed).code).toBe(1006)
  })

  test('the graphql-ws client works', async () => {
    const { key } = await makeKey(app)
    const url = `${app.url.replace('http', 'ws')}/graphql`
    const client = createClient({ url, webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${key}` } })
    const source = newSource()
    const seen: unknown[] = []
    const results = client.iterate({ query: EVENTS, variables: { source } })
    const reading = (async () => {
      for await (const { data } of results) if (seen.push(data) === 3) break
    })()
    const publishing = (async () => {
      while (seen.length < 3) await publish(source, 'a.b')
    })()
    await Promise.all([reading, publishing])
    expect(seen).toEqual(Array(3).fill({ events: { event: { type: 'a.b' } } }))
    await client.dispose()
    await until('all sockets gone', async () => (await openSockets()) === 0)
  })
})
