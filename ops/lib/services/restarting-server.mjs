import { setTimeout as delay } from 'node:timers/promises'
import { Backoff } from '../processes/backoff.mjs'

/**
 * A server that is restarted when it dies. Its clients must reconnect.
 * @template {{ ended: Promise<void>, stop: () => Promise<void> }} Server
 */
export class Kept {
  #stop = new AbortController()
  /** @type {Promise<void>} */
  #keeping = Promise.resolve()

  /**
   * @param {() => Promise<Server>} launch starts the server, each time on the same port
   * @param {{ died: (pauseMs: number) => void, givenUp: (error?: unknown) => void }} on
   */
  constructor(launch, on) {
    this.launch = launch
    this.on = on
  }

  /** Starts the server for the first time. Rejects if that fails. */
  async start() {
    const server = await this.launch()
    this.server = server
    this.#keeping = this.#keep(server)
    return server
  }

  /** @param {Server} first */
  async #keep(first) {
    const backoff = new Backoff()
    let server = first
    for (;;) {
      const began = performance.now()
      await server.ended
      if (this.#stop.signal.aborted) return
      const pause = backoff.next(performance.now() - began)
      if (pause === undefined) return this.on.givenUp()
      this.on.died(pause)
      await delay(pause, undefined, { signal: this.#stop.signal }).catch(() => {})
      if (this.#stop.signal.aborted) return
      try {
        server = await this.launch()
        this.server = server
      } catch (error) {
        return this.on.givenUp(error)
      }
    }
  }

  /** Stops the server, even while it is being restarted. */
  async stop() {
    this.#stop.abort()
    await this.server?.stop()
    await this.#keeping
    await this.server?.stop()
  }
}
