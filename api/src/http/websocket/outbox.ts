import type { WebSocket } from 'ws'

/** Bytes accepted for sending but not yet sent. */
const HIGH_WATER_BYTES = 256 * 1024

export interface Outbox {
  /** Resolves when the text has been sent or the socket is gone; never rejects. */
  send(text: string): Promise<void>
}

/**
 * The ordered send queue of a socket. While the reader is slow, texts wait here, shared with other sockets, instead
 * of as bytes of each socket. Nothing more is read from such a socket, so a client that sends without reading adds
 * nothing. A send on a closing socket waits for its end, because continuing its stream would be useless.
 */
export function createOutbox(socket: WebSocket): Outbox {
  let waiting: { text: string; done: () => void }[] = []
  const gone = new Promise<void>((resolve) => socket.once('close', resolve))
  socket.once('close', () => {
    for (const { done } of waiting) done()
    waiting = []
  })

  const write = (text: string, done: () => void) =>
    // If this is called with an error, the socket is broken and closes anyway.
    socket.send(text, () => {
      done()
      // The last text may have left the loop of drain() above the high-water mark: the socket is still paused then.
      if (socket.isPaused) drain()
    })
  const drain = () => {
    while (socket.bufferedAmount < HIGH_WATER_BYTES) {
      const next = waiting.shift()
      if (!next) return socket.resume()
      write(next.text, next.done)
    }
  }

  return {
    send(text) {
      if (socket.readyState !== socket.OPEN) return gone
      return new Promise((done) => {
        if (waiting.length === 0 && socket.bufferedAmount < HIGH_WATER_BYTES) return write(text, done)
        waiting.push({ text, done })
        socket.pause()
      })
    },
  }
}
