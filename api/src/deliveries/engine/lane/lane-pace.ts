import { OPEN_AFTER_FAILURES } from '../circuit-breaker.ts'

/** A webhook's limits. */
export interface LaneLimits {
  maxConcurrency: number
  /** Null: no rate limit. */
  ratePerSecond: number | null
}

const DEFAULT_LIMITS: LaneLimits = { maxConcurrency: 16, ratePerSecond: null }
/** A lane keeps in memory the deliveries for about KEPT_MS, and claims those for about AHEAD_MS ahead. */
const KEPT_MS = 10_000
const AHEAD_MS = 250
/** A lane whose requests take this long on average is slow: it claims only what it can send at once. */
const SLOW_MS = 500
const MAX_KEPT = 2_000
const MAX_AHEAD = 256
/** Maximum size of the payloads that a lane claims ahead, in characters. */
const MAX_AHEAD_SIZE = 2 * 1024 * 1024
/** Weight of the newest request in the moving averages. */
const SMOOTHING = 0.2

/**
 * The pure part of a webhook's lane. It computes from the webhook's limits and the duration of its last requests how
 * many requests may be in flight, how far ahead the lane claims and how much it keeps in memory.
 */
export class LanePace {
  limits: LaneLimits = DEFAULT_LIMITS
  inFlight = 0
  claiming = 0
  /** Outcomes that are not recorded yet. */
  recording = 0
  private failuresInRow = 0
  private isHolding = false
  private latencyMs = 0
  private payloadSize = 0

  /** Whether requests take so long that deliveries wait for each other. */
  get isSlow(): boolean {
    return this.latencyMs >= SLOW_MS
  }

  /** Whether a delivery that finds no room waits because of a limit, and not just behind a fast queue. */
  get isLimited(): boolean {
    return this.limits.ratePerSecond !== null || this.isSlow
  }

  /**
   * Whether another request may be sent. A request holds its slot until its outcome is recorded: if this worker dies,
   * at most `maxConcurrency` deliveries of the webhook are sent twice.
   */
  get hasSlot(): boolean {
    return !this.isHolding && this.inFlight + this.recording < this.limits.maxConcurrency
  }

  get isQuiet(): boolean {
    return this.inFlight === 0 && this.recording === 0 && this.claiming === 0
  }

  /** The limit that keeps deliveries waiting. */
  get limitReason(): 'RATE_LIMITED' | 'CONCURRENCY_LIMITED' {
    return this.limits.ratePerSecond !== null && this.hasSlot ? 'RATE_LIMITED' : 'CONCURRENCY_LIMITED'
  }

  /** Tickets to keep in memory. At least one, otherwise nothing would ever be sent. */
  get capacity(): number {
    const { ratePerSecond, maxConcurrency } = this.limits
    const byRate = ratePerSecond ?? Number.POSITIVE_INFINITY
    const byPace = Math.max(2 * maxConcurrency, Math.min(MAX_KEPT, this.sentWithin(KEPT_MS)))
    return Math.max(1, Math.min(byPace, 2 * byRate))
  }

  /** Deliveries to claim ahead of their turn. Their leases run meanwhile, and their payloads are in memory. */
  get ahead(): number {
    const { maxConcurrency, ratePerSecond } = this.limits
    const byRate = ratePerSecond ?? Number.POSITIVE_INFINITY
    const bySize = Math.max(1, MAX_AHEAD_SIZE / Math.max(1, this.payloadSize))
    const free = Math.max(0, maxConcurrency - this.inFlight)
    return Math.floor(Math.min(Math.max(free, Math.min(MAX_AHEAD, this.sentWithin(AHEAD_MS))), byRate, bySize))
  }

  /**
   * The number of tickets to claim now, when `waiting` tickets wait and `ready` deliveries are claimed and not sent. A
   * busy lane claims in groups, not after each request: a statement for ten costs hardly more than one for one.
   */
  claimable(waiting: number, ready: number): number {
    const room = this.ahead - ready - this.claiming
    return room >= Math.min(waiting, this.ahead / 2) ? Math.max(0, room) : 0
  }

  /** Records the size of a claimed payload, in characters. */
  claimed(size: number): void {
    this.payloadSize += SMOOTHING * (size - this.payloadSize)
  }

  /** Records a request that has been in flight for this long: its final duration is at least that. */
  outlasts(ms: number): void {
    this.latencyMs = Math.max(this.latencyMs, ms)
  }

  /**
   * Records the end of a request whose outcome is still to be recorded. After as many consecutive failures as open a
   * circuit, nothing more is sent until the database has decided on the circuit: otherwise a receiver that fails fast
   * would get many more requests meanwhile.
   */
  finished({ durationMs, ok, breaker }: { durationMs: number; ok: boolean; breaker: boolean }): void {
    this.latencyMs += SMOOTHING * (durationMs - this.latencyMs)
    this.recording++
    this.failuresInRow = ok ? 0 : this.failuresInRow + 1
    if (breaker && this.failuresInRow >= OPEN_AFTER_FAILURES) this.isHolding = true
  }

  /** Records that an outcome is stored and the circuit is decided. */
  recorded(): void {
    this.recording--
    if (this.recording > 0 || !this.isHolding) return
    this.isHolding = false
    this.failuresInRow = 0
  }

  /** The number of requests that fit into `ms` at the present pace; 0 for a slow lane. */
  private sentWithin(ms: number): number {
    if (this.isSlow) return 0
    return Math.floor((this.limits.maxConcurrency * ms) / Math.max(1, this.latencyMs))
  }
}
