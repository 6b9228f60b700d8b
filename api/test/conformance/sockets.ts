import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type ClientOptions, WebSocket } from 'ws'
import { hashKey } from '../../src/access/api-keys/api-keys.ts'
import { newId } from '../../src/kit/ids.ts'
import { type TestApp, until } from '../harness.ts'

/** A received graphql-transport-ws message. */
export interface Message {
  type: string
  id?: string
  payload?: unknown
}

/** A WebSocket on which a test controls each message, so that it can also violate the protocol. */
export interface RawSocket {
  socket: WebSocket
  messages: Message[]
  send(message: Message | string): void
  /** Resolves to the first message of this type (and id). */
  received(type: string, id?: string): Promise<Message>
  /** The messages of this type and id that have been received so far. */
  of(type: string, id: string): Message[]
  closed: Promise<{ code: number; reason: string }>
}

export interface RawOptions extends Omit<ClientOptions, 'protocol'> {
  /** The subprotocol to offer; null to offer none. */
  protocol?: string | null
}

export async function openSocket({ url }: TestApp, { protocol = 'graphql-transport-ws', ...options }: RawOptions = {}) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, protocol === null ? [] : [protocol], options)
  const messages: Message[] = []
  socket.on('message', (data) => messages.push(JSON.parse(String(data))))
  const closed = once(socket, 'close').then(([code, reason]) => ({ code: Number(code), reason: String(reason) }))
  await once(socket, 'open')
  const raw: RawSocket = {
    socket,
    messages,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    received: (type, id) =>
      until(`a message ${type} ${id ?? ''}, after ${JSON.stringify(messages).slice(0, 500)}`, () =>
        messages.find((message) => message.type === type && (id === undefined || message.id === id)),
      ),
    of: (type, id) => messages.filter((message) => message.type === type && message.id === id),
  }
  return raw
}

/** The first message of a client. */
export const init = (payload: object): Message => ({ type: 'connection_init', payload })

/** An authenticated socket; creates an API key if none is given. */
export async function signedIn(app: TestApp, { key, ...options }: RawOptions & { key?: string } = {}) {
  const raw = await openSocket(app, options)
  raw.send(init({ authorization: `Bearer ${key ?? (await makeKey(app)).key}` }))
  await raw.received('connection_ack')
  return raw
}

/** Creates an API key. */
export async function makeKey(app: TestApp, { role = 'ADMIN', tenantId = null as string | null } = {}) {
  const key = `alk_${randomBytes(24).toString('base64url')}`
  const id = newId()
  await app.sql('INSERT INTO api_keys (id, name, role, tenant_id, prefix, hash) VALUES ($1, $2, $3, $4, $5, $6)', [
    id,
    'a socket',
    role,
    tenantId,
    key.slice(0, 8),
    hashKey(key),
  ])
  return { id, key }
}

/** A subscription to the events of one source. Each test uses its own source. */
export const EVENTS = 'subscription ($source: String!) { events(filter: { sources: [$source] }) { event { type } } }'

let sources = 0
export const newSource = () => `source-${++sources}`

export const publish = (app: TestApp, source: string, type: string) =>
  app.ok('mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }', {
    input: { source, type },
  })

/** Subscribes and waits until the subscription is active. Events published to find that out are dropped. */
export async function follow(app: TestApp, socket: RawSocket, id: string, source = newSource()): Promise<string> {
  socket.send({ type: 'subscribe', id, payload: { query: EVENTS, variables: { source } } })
  const frames = () => socket.of('next', id)
  await until('the first frame', () => frames().length > 0 || publish(app, source, 'begin').then(() => false))
  await publish(app, source, 'begun')
  await until('the last of the first frames', () => JSON.stringify(frames().at(-1)).includes('begun'))
  return source
}
