import type { WebSocket } from 'ws'

/** If the socket has more unsent bytes than this, texts wait. */
const HIGH_WATER_BYTES = 256 * 1024

export interface Outbox {
  /** Resolves when the text has been sent or the socket is closed. Never rejects. */
  send(text: string): Promise<void>
}

/**
 * The queue of texts to send on a socket. While the reader is slow, texts wait here. Other sockets share the same text,
 * so this needs less memory than bytes in the buffer of each socket. While texts wait, nothing is read from the socket,
 * so a client that sends without reading cannot add more. A send on a closing socket waits until it is closed, because
 * its stream need not continue.
 */
export function createOutbox(socket: WebSocket): Outbox {
  let waiting: { text: string; done: () => void }[] = []
  const gone = new Promise<void>((resolve) => socket.once('close', resolve))
  socket.once('close', () => {
    for (const { done } of waiting) done()
    waiting = []
  })

  const write = (text: string, done: () => void) =>
    // If the callback gets an error, the socket is broken and closes anyway.
    socket.send(text, () => {
      done()
      // After the last text, drain() may have ended while the buffer was still too full. Then the socket is still
      // paused.
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
