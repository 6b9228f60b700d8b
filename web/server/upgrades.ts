import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

export type OnUpgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => void

/** How long a request to become a socket may hold its connection without being one. The API is waited for less long. */
const JOIN_MS = 30_000
/** How long a refusal may take to be handed over. */
const REFUSAL_MS = 2_000

/**
 * Hands requests to become sockets on to `take`. Node leaves them without a listener: nobody would catch what is thrown for
 * one, nor end it after its timeout, which whoever makes a socket of it has to lift.
 */
export function createUpgrades(take: OnUpgrade, joinMs = JOIN_MS): { upgrade: OnUpgrade; close(): void } {
  const open = new Set<Duplex>()
  return {
    upgrade(req, socket, head) {
      // One that breaks off is of no consequence.
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

/** Answers a request to change the protocol with a status and a sentence, and closes. */
export function refuseUpgrade(socket: Duplex, status: number, why: string): void {
  if (socket.destroyed || socket.writableEnded) return
  const limit = setTimeout(() => socket.destroy(), REFUSAL_MS)
  socket.once('close', () => clearTimeout(limit))
  socket.once('finish', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(why)}\r\n\r\n${why}`,
  )
}
