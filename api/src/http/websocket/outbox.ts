import type { WebSocket } from 'ws'

/** What was handed to a socket and is not yet on its way. */
const HIGH_WATER_BYTES = 256 * 1024

export interface Outbox {
  /** Resolves when the text is on its way, or the socket is gone; it never rejects. */
  send(text: string): Promise<void>
}

/**
 * What goes out on a socket, in order. While its reader is behind, texts wait here, where they are shared with other sockets,
 * and not as bytes of its own; nothing more is read from it then, so that one who asks without listening adds nothing. On a
 * socket that is being closed a send waits for its end: a stream that could go on would only run to nobody.
 */
export function createOutbox(socket: WebSocket): Outbox {
  let waiting: { text: string; done: () => void }[] = []
  const gone = new Promise<void>((resolve) => socket.once('close', resolve))
  socket.once('close', () => {
    for (const { done } of waiting) done()
    waiting = []
  })

  const write = (text: string, done: () => void) =>
    // Called with an error, the socket is broken and closes: there is nothing to do about one text.
    socket.send(text, () => {
      done()
      if (waiting.length > 0) drain()
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
