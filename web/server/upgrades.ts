import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

export type OnUpgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => void

/** How long an upgrade may take. This is longer than the timeout for the API. */
const JOIN_MS = 30_000
/** Time limit for sending a refusal. */
const REFUSAL_MS = 2_000

/**
 * Passes upgrade requests to `take`. Node.js leaves the socket of an upgrade request without listeners, error handling
 * and timeout. `take` must remove the timeout after a successful upgrade.
 */
export function createUpgrades(take: OnUpgrade, joinMs = JOIN_MS): { upgrade: OnUpgrade; close(): void } {
  const open = new Set<Duplex>()
  return {
    upgrade(req, socket, head) {
      // Without an error listener, an aborted connection would end the process.
      socket.on('error', () => {})
      open.add(socket)
      socket.once('close', () => open.delete(socket))
      req.socket.setTimeout(joinMs, () => socket.destroy())
      try {
        take(req, socket, head)
      } catch (error) {
        console.error(`${req.method} ${req.url} did not become a socket`, error)
        refuseUpgrade(socket, 500, 'The web server failed.')
      }
    },
    close() {
      for (const socket of open) socket.destroy()
    },
  }
}

/** Refuses an upgrade request with a status and a message, and closes its connection. */
export function refuseUpgrade(socket: Duplex, status: number, why: string): void {
  if (socket.destroyed || socket.writableEnded) return
  const limit = setTimeout(() => socket.destroy(), REFUSAL_MS)
  socket.once('close', () => clearTimeout(limit))
  socket.once('finish', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(why)}\r\n\r\n${why}`,
  )
}
