import type { IncomingMessage } from 'node:http'
import { CloseCode } from 'graphql-ws'
import type { WebSocket } from 'ws'
import { serializeResult } from '../../graphql/serialized-result.ts'
import type { WatchIdentity } from '../../identity/authentication.ts'
import type { Log } from '../../kit/log.ts'
import { createOutbox } from './outbox.ts'
import type { Connection, Operation, Protocol } from './protocol.ts'

/** Maximum number of bytes that a socket may send before it has authenticated. */
const INIT_BYTES = 64 * 1024

/** Maximum length of the reason of a close, in bytes (RFC 6455, 5.5). */
const REASON_BYTES = 123

/** Close codes of WebSocket (RFC 6455, 7.4.1). */
const GOING_AWAY = 1001
const ABNORMAL = 1006
const TOO_BIG = 1009

export interface OpenConnection {
  /**
   * Closes the socket with 1001 as soon as no query or mutation runs on it. Streams end without completion; the clients
   * resume them on another process.
   */
  goAway(): void
}

/**
 * Runs the protocol on one socket, like graphql-ws' adapter for ws, with three differences. Messages wait while the
 * reader is slow. If a peer sends without reading, nothing more is read from it. Streams end when the socket is closed
 * here, not when the peer acknowledges that.
 */
export function openConnection(
  socket: WebSocket,
  req: IncomingMessage,
  options: {
    protocol: Protocol
    requestId: string
    clientIp: string | null
    watch: WatchIdentity
    pingMs: number
    log: Log
  },
): OpenConnection {
  const { protocol, requestId, clientIp, watch, pingMs, log } = options
  const outbox = createOutbox(socket)
  const operations = new Set<Operation>()
  let goingAway = false
  let stopWatching = () => {}
  let disconnect: ((code: number, reason: string) => Promise<void>) | undefined

  const end = (code: number, reason: string) => {
    stopPings()
    stopWatching()
    stopWatching = () => {}
    const run = disconnect
    disconnect = undefined
    run?.(code, reason).catch((error: unknown) => log.error({ err: error, requestId }, 'a stream failed'))
  }
  const close = (code: number, reason: string) => {
    // The socket must not stay paused, because the close frame of the peer has to be read.
    socket.resume()
    socket.close(code, Buffer.byteLength(reason) <= REASON_BYTES ? reason : `${reason.slice(0, 30)}...`)
    end(code, reason)
  }
  const leave = () => {
    if (goingAway && [...operations].every(({ streams }) => streams)) close(GOING_AWAY, 'Going away')
  }
  const connection: Connection = {
    headers: req.headers,
    requestId,
    clientIp,
    get receiving() {
      return receiving
    },
    identity: null,
    live: { cost: 0 },
    operations,
    onIdentity(identity, proof) {
      if (socket.readyState !== socket.OPEN) return
      stopCounting()
      connection.identity = identity
      stopWatching = watch(proof, identity, () => close(CloseCode.Forbidden, 'Forbidden'))
    },
    onOperation(operation) {
      operations.add(operation)
      begun = operation
    },
    onStream(operation) {
      operation.streams = true
      leave()
    },
    close,
  }

  let receiving = ''
  let begun: Operation | null = null
  const takeBegun = () => {
    const operation = begun
    begun = null
    return operation
  }
  const receive = async (handle: (text: string) => Promise<void>, text: string) => {
    if (goingAway || socket.readyState !== socket.OPEN) return
    receiving = text
    const handling = handle(text)
    receiving = ''
    const operation = takeBegun()
    try {
      await handling
    } catch (error) {
      log.error({ err: error, requestId }, 'a message on a socket failed')
      close(CloseCode.InternalServerError, 'Internal server error')
    } finally {
      if (operation) {
        operations.delete(operation)
        operation.end()
        leave()
      }
    }
  }

  const stopPings = keepAlive(socket, pingMs)
  const stopCounting = limitBytes(req, INIT_BYTES, () => {
    close(TOO_BIG, 'Too much before connection_init')
    socket.terminate()
  })
  // For oversized messages, invalid frames and broken connections, ws itself closes the socket with the right code.
  socket.on('error', (error) => {
    log.debug({ err: error, requestId }, 'a socket failed')
    end(ABNORMAL, error.message)
  })
  socket.once('close', (code, reason) => end(code, String(reason)))

  disconnect = protocol.opened(
    {
      protocol: socket.protocol,
      send: (text) => outbox.send(serializeResult(text)),
      close,
      onMessage: (handle) => void socket.on('message', (data) => void receive(handle, String(data))),
    },
    connection,
  )
  return {
    goAway() {
      goingAway = true
      leave()
    },
  }
}

/**
 * Terminates the socket if it has not answered a ping when the next one is due. Returns a function that stops the
 * pings.
 */
function keepAlive(socket: WebSocket, pingMs: number): () => void {
  let answered = true
  const pings = setInterval(() => {
    if (!answered) return socket.terminate()
    answered = false
    socket.ping()
  }, pingMs)
  socket.on('pong', () => {
    answered = true
  })
  return () => clearInterval(pings)
}

/** Calls `onExceeded` when the peer has sent more than `limit` bytes. Returns a function that stops counting. */
function limitBytes({ socket }: IncomingMessage, limit: number, onExceeded: () => void): () => void {
  let received = 0
  const count = (chunk: Buffer) => {
    received += chunk.length
    if (received > limit) onExceeded()
  }
  socket.on('data', count)
  return () => socket.off('data', count)
}
