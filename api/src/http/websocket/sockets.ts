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
  /** Makes a socket of a request, or refuses. */
  upgrade: OnWebSocket
  /** Takes no more sockets, closes those that are open (1001), and cuts after `limitMs` what is left of them. */
  close(limitMs: number): void
}

/** How long a peer has to answer that a socket is closed. */
const CLOSE_MS = 2_000

/**
 * GraphQL over WebSocket at /graphql. Who asks is told within the socket, so anybody may open one; it is closed when it does
 * not say so in time.
 *
 * `Origin` is not looked at. Cross-site WebSocket hijacking (RFC 6455, 10.2) needs credentials that a browser adds by itself,
 * such as cookies; here a page has to know a key or token and put it into `connection_init`, and one that knows it may be
 * served from anywhere. Refusing other origins would keep dashboards out, and nobody who can leave the header out.
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
    // They are kept in `open`.
    clientTracking: false,
    handleProtocols: (offered: Set<string>) => handleProtocols(offered),
    maxPayload: MAX_BODY_BYTES,
    // Each socket would have buffers of zlib's own, a few hundred KiB; proxies compress better.
    perMessageDeflate: false,
    // ws' own option, which its types leave out.
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
      // Until it is a WebSocket nobody else listens; one that breaks off now is of no consequence.
      socket.on('error', ignore)
      if (pathOf(req.url ?? '/') !== '/graphql')
        return refuseUpgrade(socket, 404, 'WebSockets are taken at /graphql', headers)
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
