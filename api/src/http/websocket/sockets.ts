import type { IncomingMessage } from 'node:http'
import { handleProtocols } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { WatchIdentity } from '../../identity/authentication.ts'
import { MAX_BODY_BYTES } from '../body.ts'
import type { ClientIpOf } from '../client-ip.ts'
import type { ObserveSockets } from '../metrics.ts'
import { pathOf, requestIdOf } from '../router.ts'
import { type OpenConnection, openConnection } from './connection.ts'
import { createProtocol, type ProtocolOptions } from './protocol.ts'
import { type OnWebSocket, refuseUpgrade } from './upgrade.ts'

export interface WebSockets {
  /** Upgrades a request to a socket or refuses it. */
  upgrade: OnWebSocket
  /**
   * Accepts no more sockets and closes the open ones (1001). Sockets that are still open after `limitMs` are
   * terminated.
   */
  close(limitMs: number): void
}

/** How long to wait until a peer has acknowledged a close. */
const CLOSE_MS = 2_000

/**
 * GraphQL over WebSocket at /graphql. Anyone may open a socket, because the client authenticates afterwards on the
 * socket. If it does not do so in time, the socket is closed.
 *
 * `Origin` is not checked. Cross-site WebSocket hijacking (RFC 6455, 10.2) only works with credentials that a browser
 * sends automatically, such as cookies. Here a page must know a key or token and put it into `connection_init`.
 * Refusing other origins would block dashboards on other hosts, but not a client that omits the header.
 */
export function createWebSockets(
  options: ProtocolOptions & { clientIpOf: ClientIpOf; watch: WatchIdentity; observe: ObserveSockets },
): WebSockets {
  const { services, clientIpOf, watch, observe } = options
  const { log, env } = services.core
  const protocol = createProtocol(options)
  const open = new Map<WebSocket, OpenConnection>()
  let closing = false

  const settings = {
    noServer: true,
    // Sockets are tracked in `open`.
    clientTracking: false,
    handleProtocols: (offered: Set<string>) => handleProtocols(offered),
    maxPayload: MAX_BODY_BYTES,
    // With compression, each socket would need a few hundred KiB of zlib buffers. Proxies can compress with less.
    perMessageDeflate: false,
    // ws has this option, but its types do not.
    closeTimeout: CLOSE_MS,
  }
  const server = new WebSocketServer(settings)

  const connect = (socket: WebSocket, req: IncomingMessage, requestId: string) => {
    const settled = { protocol, requestId, clientIp: clientIpOf(req), watch, pingMs: env.WEBSOCKET_PING_MS, log }
    open.set(socket, openConnection(socket, req, settled))
    observe.opened()
    socket.once('close', (code) => {
      open.delete(socket)
      observe.closed(code)
    })
  }

  return {
    upgrade(req, socket, head) {
      const requestId = requestIdOf(req)
      const headers = { 'x-request-id': requestId }
      // Until the socket is a WebSocket, there is no other listener for errors. If the client aborts before, nothing
      // must be done.
      socket.on('error', ignore)
      if (pathOf(req.url ?? '/') !== '/graphql')
        return refuseUpgrade(socket, 404, 'WebSockets are served at /graphql', headers)
      if (closing || open.size >= env.WEBSOCKET_MAX_CONNECTIONS) {
        const why = closing ? 'the server is stopping' : 'too many WebSockets are open'
        return refuseUpgrade(socket, 503, `${why}; try again`, { ...headers, 'retry-after': '5' })
      }
      server.handleUpgrade(req, socket, head, (webSocket) => {
        socket.off('error', ignore)
        connect(webSocket, req, requestId)
      })
    },
    close(limitMs) {
      closing = true
      for (const connection of open.values()) connection.goAway()
      const limit = setTimeout(() => {
        for (const socket of open.keys()) socket.terminate()
      }, limitMs)
      limit.unref()
    },
  }
}

const ignore = () => {}
