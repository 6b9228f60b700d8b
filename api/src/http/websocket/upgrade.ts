import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

export type OnWebSocket = (req: IncomingMessage, socket: Duplex, head: Buffer) => void

/**
 * Passes WebSocket upgrades to `onWebSocket`. If a server has a listener for upgrades, Node.js passes it every request
 * that offers another protocol and does not respond itself. For example, Java's HttpClient offers h2c in the first
 * request of each connection. Such an offer may be ignored (RFC 9110, 7.8), so the request is processed again without
 * it.
 */
export function handleUpgrades(http: Server, onWebSocket: OnWebSocket): void {
  http.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (req.headers.upgrade?.toLowerCase() === 'websocket') return onWebSocket(req, socket, head)
    socket.unshift(Buffer.concat([Buffer.from(headWithoutOffer(req), 'latin1'), head]))
    http.emit('connection', socket)
  })
}

const OFFER = new Set(['upgrade', 'http2-settings'])

function headWithoutOffer({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase()
    const value = rawHeaders[i + 1] ?? ''
    if (OFFER.has(name)) continue
    const kept =
      name === 'connection' ? value.split(',').filter((token) => !OFFER.has(token.trim().toLowerCase())) : [value]
    if (kept.length > 0) lines.push(`${name}: ${kept.join(',')}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** Refuses an upgrade with problem details (RFC 9457) and closes the connection. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  detail: string,
  headers: Record<string, string> = {},
): void {
  const title = STATUS_CODES[status] ?? ''
  const body = JSON.stringify({ type: 'about:blank', title: title.toLowerCase(), status, detail })
  const lines = Object.entries({
    connection: 'close',
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${lines.join('')}\r\n${body}`)
}
