import { OPEN_AFTER_FAILURES } from './circuit-breaker.ts'
import type { Ticket } from './claim.ts'

/**
 * The pure part of a webhook's lane: how many requests it may have in flight, how far ahead it claims, how much it keeps in
 * memory, and when its rate allows the next request. One lane per webhook and worker; lanes share nothing, so a webhook
 * that hangs fills its own and no other.
 */
export interface LaneLimits {
  maxConcurrency: number
  ratePerSecond: number | null
}

const UNKNOWN: LaneLimits = { maxConcurrency: 16, ratePerSecond: null }
/**
 * A lane keeps in memory what it can send in about KEPT_MS, and claims ahead what it can send in about AHEAD_MS: what takes
 * longer waits in the database, where it is seen. One whose requests take SLOW_MS on average claims only what it can send
 * at once.
 */
const KEPT_MS = 10_000
const AHEAD_MS = 250
const SLOW_MS = 500
const MAX_KEPT = 20_000
const MAX_AHEAD = 256
/** Weight of the newest request in the moving average of how long requests take. */
const SMOOTHING = 0.2

export class Lane {
  readonly webhookId: string
  private known: LaneLimits | null = null
  /** Tickets that wait to be claimed, oldest first, from `head` on: taking from the front of a long array moves the rest. */
  private tickets: Ticket[] = []
  private head = 0
  inFlight = 0
  claiming = 0
  /** More of this webhook's deliveries are parked in the database. */
  parked = false
  /** Outcomes that are being written down. */
  settling = 0
  private failuresInRow = 0
  private holding = false
  private latencyMs = 0
  private tokens = 1
  private refilledAt = 0
  private readonly queued = new Set<string>()

  constructor(webhookId: string) {
    this.webhookId = webhookId
  }

  get hasLimits(): boolean {
    return this.known !== null
  }

  get limits(): LaneLimits {
    return this.known ?? UNKNOWN
  }

  set limits(limits: LaneLimits) {
    this.known = limits
  }

  /** Takes a ticket, unless it is here already (true) or there is no room (false: it has to be parked). */
  offer(ticket: Ticket): boolean {
    if (this.queued.has(ticket.id)) return true
    if (this.waiting >= this.capacity) return false
    this.queued.add(ticket.id)
    this.tickets.push(ticket)
    return true
  }

  take(count: number): Ticket[] {
    const taken = this.tickets.slice(this.head, this.head + count)
    this.head += taken.length
    if (this.head === this.tickets.length || this.head > 4_096) {
      this.tickets = this.tickets.slice(this.head)
      this.head = 0
    }
    for (const ticket of taken) this.queued.delete(ticket.id)
    return taken
  }

  /** Tickets that wait to be claimed. */
  get waiting(): number {
    return this.tickets.length - this.head
  }

  /** Tickets kept in memory. The first is always taken, or nothing would ever move. */
  get capacity(): number {
    const { ratePerSecond, maxConcurrency } = this.limits
    const byRate = ratePerSecond ?? Number.POSITIVE_INFINITY
    return Math.max(1, Math.min(Math.max(2 * maxConcurrency, Math.min(MAX_KEPT, this.sentWithin(KEPT_MS))), 2 * byRate))
  }

  /**
   * Tickets that do not fit any more, because the lane has become slow or its limits are known only now: the newest of them.
   * They have to be parked, or they would wait here unseen.
   */
  shed(): Ticket[] {
    const excess = this.tickets.splice(this.head + Math.min(this.waiting, this.capacity))
    for (const ticket of excess) this.queued.delete(ticket.id)
    return excess
  }

  /** Deliveries that may be claimed and wait for their turn: their leases run meanwhile, and nobody sees that they wait. */
  get ahead(): number {
    const { maxConcurrency, ratePerSecond } = this.limits
    // The first claim brings the limits.
    if (!this.hasLimits) return 1
    const byRate = ratePerSecond ?? Number.POSITIVE_INFINITY
    const free = Math.max(0, maxConcurrency - this.inFlight)
    return Math.min(Math.max(free, Math.min(MAX_AHEAD, this.sentWithin(AHEAD_MS))), byRate)
  }

  get hasSlot(): boolean {
    return !this.holding && this.inFlight < this.limits.maxConcurrency
  }

  /** Why what does not fit here waits. */
  get limitReason(): 'RATE_LIMITED' | 'CONCURRENCY_LIMITED' {
    return this.limits.ratePerSecond !== null && this.hasSlot ? 'RATE_LIMITED' : 'CONCURRENCY_LIMITED'
  }

  /** Nothing in memory any more: the lane itself can be forgotten, unless it knows when its rate allows the next request. */
  get isIdle(): boolean {
    return (
      this.waiting === 0 &&
      this.inFlight === 0 &&
      this.settling === 0 &&
      this.claiming === 0 &&
      !this.parked &&
      this.limits.ratePerSecond === null
    )
  }

  /** A request is under way for this long already: that says what its end would say, only sooner. */
  outlasts(ms: number): void {
    this.latencyMs = Math.max(this.latencyMs, ms)
  }

  /**
   * A request has ended, and its outcome is on its way to the database. After as many failures in a row as open a circuit
   * nothing more is sent until that is decided there: a receiver that fails fast would meet many more requests meanwhile.
   */
  finished({ durationMs, ok, breaker }: { durationMs: number; ok: boolean; breaker: boolean }): void {
    this.latencyMs += SMOOTHING * (durationMs - this.latencyMs)
    this.settling++
    this.failuresInRow = ok ? 0 : this.failuresInRow + 1
    if (breaker && this.failuresInRow >= OPEN_AFTER_FAILURES) this.holding = true
  }

  /** An outcome is written down and its consequences drawn. */
  settled(): void {
    this.settling--
    if (this.settling > 0 || !this.holding) return
    this.holding = false
    this.failuresInRow = 0
  }

  /** How many requests fit into `ms` at the pace of the last ones; 0 when they are slow. */
  private sentWithin(ms: number): number {
    if (this.latencyMs >= SLOW_MS) return 0
    return Math.floor((this.limits.maxConcurrency * ms) / Math.max(1, this.latencyMs))
  }

  /**
   * How many tickets to claim now, with `ready` of them claimed and waiting. A busy lane claims by the handful instead of one
   * for each request that ends: a statement for ten costs hardly more than one for one.
   */
  claimable(ready: number): number {
    const room = this.ahead - ready - this.claiming
    return room >= Math.min(this.waiting, this.ahead / 2) ? room : 0
  }

  /**
   * Spends one token of the rate (a bucket of one second's worth) and answers 0, or answers the milliseconds until there is
   * one.
   */
  spendToken(now: number): number {
    const rate = this.limits.ratePerSecond
    if (rate === null) return 0
    const burst = Math.max(1, rate)
    const elapsed = this.refilledAt === 0 ? 0 : Math.max(0, now - this.refilledAt)
    this.tokens = Math.min(burst, this.tokens + (elapsed * rate) / 1_000)
    this.refilledAt = now
    if (this.tokens >= 1) {
      this.tokens -= 1
      return 0
    }
    return Math.ceil(((1 - this.tokens) * 1_000) / rate)
  }
}
