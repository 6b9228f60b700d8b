import type { Socket } from 'node:net'
import { buildConnector } from 'undici'
import { type AddressPolicy, guardedLookup, type Resolver } from './address-guard.ts'

/**
 * Limit for opening a connection. It is shorter than the longest timeout of a webhook, so that a host that accepts no
 * connections does not block sockets.
 */
const CONNECT_TIMEOUT_MS = 10_000
/** How long to try one address. With Node's default of 250 ms, distant receivers with several addresses would fail. */
const ADDRESS_ATTEMPT_MS = 3_000

/** The state of a connection when it failed. */
export interface BrokenConnection {
  /** Whether an earlier request was sent on the connection. */
  wasReused: boolean
  /** Whether at least one byte of the response to the current request has arrived. */
  wasAnswered: boolean
}

/** States of failed connections, by the error. undici passes the same error object to the request. */
const brokenConnections = new WeakMap<Error, BrokenConnection>()

/** The state of the connection that ended with this error. Null for any other error. */
export const brokenConnectionOf = (error: Error): BrokenConnection | null => brokenConnections.get(error) ?? null

/**
 * Opens connections for the sender. Every time, the addresses of the host name are checked again (address-guard.ts). A
 * connection skips `100 Continue` responses, which undici treats as an error. If it fails, its state is stored.
 */
export function createConnector(policy: AddressPolicy, resolver: Resolver | undefined): buildConnector.connector {
  const connect = buildConnector({
    lookup: guardedLookup(policy, resolver),
    timeout: CONNECT_TIMEOUT_MS,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
    rejectUnauthorized: true,
  })
  return (options, callback) =>
    connect(options, (...result) => {
      if (result[1]) watchConnection(result[1])
      callback(...result)
    })
}

const CONTINUE = Buffer.from('HTTP/1.1 100')
const END_OF_HEADERS = Buffer.from('\r\n\r\n')
/** An interim response that is longer than this is passed to the parser, which refuses it. */
const MAX_INTERIM_BYTES = 16 * 1024
const NOTHING = Buffer.alloc(0)

/** Observes one connection. Only one request at a time is sent on it, because the agent does not use pipelining. */
function watchConnection(socket: Socket): void {
  let requests = 0
  let answered = false
  /** Bytes that have not been passed on, because they may be the start of a `100 Continue` response. */
  let pending: Buffer = NOTHING

  const write = socket.write.bind(socket) as (chunk: unknown, ...rest: unknown[]) => boolean
  socket.write = (chunk: unknown, ...rest: unknown[]) => {
    if (typeof chunk === 'string' && chunk.startsWith('POST ')) {
      requests += 1
      answered = false
    }
    return write(chunk, ...rest)
  }

  const read = socket.read.bind(socket) as (size?: number) => Buffer | null
  socket.read = (size?: number) => {
    for (;;) {
      const chunk = read(size)
      if (chunk === null || answered) return chunk
      const bytes = pending.length > 0 ? Buffer.concat([pending, chunk]) : chunk
      pending = NOTHING
      const rest = afterInterim(bytes)
      if (rest === null) {
        pending = bytes
        continue
      }
      if (rest.length === 0) continue
      answered = true
      return rest
    }
  }

  const remember = (error: Error) => {
    if (!brokenConnections.has(error)) {
      brokenConnections.set(error, { wasReused: requests > 1, wasAnswered: answered || pending.length > 0 })
    }
  }
  const destroy = socket.destroy.bind(socket)
  socket.destroy = (error?: Error) => {
    if (error) remember(error)
    return destroy(error)
  }
  socket.prependListener('error', remember)
}

/**
 * The bytes after all `100 Continue` responses at the start. (According to RFC 9110, section 15.2, a client must be
 * able to parse interim responses.) Null if the bytes may be an interim response that is not complete yet.
 */
function afterInterim(bytes: Buffer): Buffer | null {
  let rest = bytes
  for (;;) {
    const compared = Math.min(rest.length, CONTINUE.length)
    if (!rest.subarray(0, compared).equals(CONTINUE.subarray(0, compared))) return rest
    if (rest.length === 0) return rest
    const end = rest.indexOf(END_OF_HEADERS)
    if (end === -1) return rest.length > MAX_INTERIM_BYTES ? rest : null
    rest = rest.subarray(end + END_OF_HEADERS.length)
  }
}
