import type { Claimed } from './claim.ts'

/** A request that takes longer than this only holds a socket: it no longer counts against the process's bound. */
const SLOW_AFTER_LOOKS = 4
const LOOK_EVERY_MS = 250
/** Requests at once whatever their speed: what file descriptors are for. */
const HARD_LIMIT_FACTOR = 16

/**
 * The requests of this process that are under way. The bound keeps a busy process from thrashing; it is on requests that
 * are young, since a hundred that wait for hanging receivers cost nothing and must not keep healthy ones from going out.
 *
 * Age is counted in looks, not in time: while this process itself is too busy to read answers, it does not look either, and
 * no receiver is taken for slow because we are.
 */
export class InFlight {
  private readonly started = new Map<Claimed, number>()
  private readonly slow = new Set<Claimed>()
  private readonly limit: number
  private looks = 0
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
    this.started.set(claimed, this.looks)
  }

  end(claimed: Claimed): void {
    this.started.delete(claimed)
    this.slow.delete(claimed)
    if (this.started.size === 0) for (const done of this.waiting.splice(0)) done()
  }

  start(): void {
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS)
  }

  stop(): void {
    clearInterval(this.timer)
  }

  /** Resolves when none is under way, or after `limitMs`, with those that still are. */
  async drained(limitMs: number): Promise<Claimed[]> {
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

  private look(): void {
    this.looks++
    // In order of starting: the first young one ends the search.
    for (const [claimed, since] of this.started) {
      const age = this.looks - since
      if (age <= SLOW_AFTER_LOOKS) break
      if (this.slow.has(claimed)) continue
      this.slow.add(claimed)
      this.onSlow(claimed, age * LOOK_EVERY_MS)
    }
    this.onRoom()
  }
}
