import type { Claimed } from './claim.ts'

/**
 * A request that takes longer than this many checks is slow. It only occupies a socket, so the limit of the process
 * ignores it.
 */
const SLOW_AFTER_TICKS = 4
const CHECK_EVERY_MS = 250
/** Slow requests use file descriptors too, so all requests together are limited to this multiple of the limit. */
const HARD_LIMIT_FACTOR = 16

/**
 * The requests of this process that are in flight. Their number is limited, so that a busy process does not become
 * slow. Only young requests count: requests that wait for hanging receivers cost almost nothing, and must not delay
 * requests to healthy receivers.
 *
 * The age of a request is measured in ticks, not in time. While this process is suspended or too busy to read answers,
 * there are no ticks either, so a receiver is never considered slow because of this process. Each tick runs after the
 * answers that have arrived are read.
 */
export class InFlight {
  private readonly started = new Map<Claimed, number>()
  private readonly slow = new Set<Claimed>()
  private readonly limit: number
  private ticks = 0
  private readonly onRoom: () => void
  private readonly onSlow: (claimed: Claimed, ageMs: number) => void
  private timer: NodeJS.Timeout | undefined
  private waiting: Array<() => void> = []

  constructor(limit: number, on: { room: () => void; slow: (claimed: Claimed, ageMs: number) => void }) {
    this.limit = limit
    this.onRoom = on.room
    this.onSlow = on.slow
  }

  get count(): number {
    return this.started.size
  }

  get hasRoom(): boolean {
    return this.started.size - this.slow.size < this.limit && this.started.size < this.limit * HARD_LIMIT_FACTOR
  }

  begin(claimed: Claimed): void {
    this.started.set(claimed, this.ticks)
  }

  end(claimed: Claimed): void {
    this.started.delete(claimed)
    this.slow.delete(claimed)
    if (this.started.size === 0) for (const done of this.waiting.splice(0)) done()
  }

  start(): void {
    this.timer = setInterval(() => setImmediate(() => this.tick()), CHECK_EVERY_MS)
  }

  stop(): void {
    clearInterval(this.timer)
  }

  /** Resolves when no request is in flight, or after `limitMs`. Returns the requests that are still in flight. */
  async settled(limitMs: number): Promise<Claimed[]> {
    if (this.started.size > 0) {
      let limit: NodeJS.Timeout | undefined
      await Promise.race([
        new Promise<void>((done) => this.waiting.push(done)),
        new Promise<void>((done) => {
          limit = setTimeout(done, limitMs)
        }),
      ])
      clearTimeout(limit)
    }
    return [...this.started.keys()]
  }

  private tick(): void {
    this.ticks++
    // Requests are sorted by their start, so the search ends at the first young one.
    for (const [claimed, since] of this.started) {
      const age = this.ticks - since
      if (age <= SLOW_AFTER_TICKS) break
      if (this.slow.has(claimed)) continue
      this.slow.add(claimed)
      this.onSlow(claimed, age * CHECK_EVERY_MS)
    }
    this.onRoom()
  }
}
