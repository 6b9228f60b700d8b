import type { Claimed } from './claim.ts'

/** A request that takes longer than this only holds a socket: it no longer counts for the process's limit. */
const SLOW_AFTER_TICKS = 4
const CHECK_EVERY_MS = 250
/** Slow requests may use file descriptors up to this multiple of the limit. */
const HARD_LIMIT_FACTOR = 16

/**
 * The requests of this process that are in flight. The limit keeps a busy process from thrashing. It counts young requests only:
 * a hundred requests that wait for hanging receivers cost nothing, and must not keep healthy ones from being sent.
 *
 * Age is counted in ticks, not in time: while this process itself is stopped or too busy to read answers, it does not tick either, and
 * no receiver is taken for slow because this process is. Each tick comes after the answers that have arrived were read.
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

  /** Resolves when none is in flight, or after `limitMs`, with the requests that still are. */
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
    // They are in the order of their start: the first young one ends the search.
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
