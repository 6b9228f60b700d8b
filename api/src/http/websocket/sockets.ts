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
  /** Upgrades a request to a socket, or refuses it. */
  upgrade: OnWebSocket
  /** Accepts no more sockets, closes the open ones (1001) and cuts the remaining ones after `limitMs`. */
  close(limitMs: number): void
}

/** Time for a peer to acknowledge a close. */
const CLOSE_MS = 2_000

/**
 * GraphQL over WebSocket at /graphql. Authentication happens within the socket, so anyone may open one; it is closed
 * if it does not authenticate in time.
 *
 * `Origin` is not checked. Cross-site WebSocket hijacking (RFC 6455, 10.2) needs credentials that a browser sends by
 * itself, such as cookies. Here a page must know a key or token and put it into `connection_init`. Refusing other
 * origins would block dashboards on other hosts, but not a client that omits the header.
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
    // Tracked in `open` instead.
    clientTracking: false,
    handleProtocols: (offered: Set<string>) => handleProtocols(offered),
    maxPayload: MAX_BODY_BYTES,
    // Compression would need a few hundred KiB of zlib buffers per socket; proxies compress better.
    perMessageDeflate: false,
    // An option of ws that its types omit.
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
      // No other listener exists until it is a WebSocket; an abort before that is harmless.
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
