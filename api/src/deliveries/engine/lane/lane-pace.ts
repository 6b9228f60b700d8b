import { OPEN_AFTER_FAILURES } from '../circuit-breaker.ts'

/** The limits of a webhook. */
export interface LaneLimits {
  maxConcurrency: number
  /** Null: no rate limit. */
  ratePerSecond: number | null
}

const DEFAULT_LIMITS: LaneLimits = { maxConcurrency: 16, ratePerSecond: null }
/**
 * A lane keeps about as many tickets in memory as it sends in KEPT_MS, and claims about as many as it sends in
 * AHEAD_MS.
 */
const KEPT_MS = 10_000
const AHEAD_MS = 250
/**
 * A lane whose requests take this long on average is slow. It claims only as many deliveries as it can send at once.
 */
const SLOW_MS = 500
const MAX_KEPT = 2_000
const MAX_AHEAD = 256
/** Maximum total size of the payloads that a lane claims ahead, in characters. */
const MAX_AHEAD_SIZE = 2 * 1024 * 1024
/** Weight of the newest value in a moving average. */
const SMOOTHING = 0.2

/**
 * The part of a lane without input and output. From the limits of the webhook and the duration of recent requests, it
 * computes how many requests may be in flight, how many deliveries the lane claims ahead, and how many it keeps in
 * memory.
 */
export class LanePace {
  limits: LaneLimits = DEFAULT_LIMITS
  inFlight = 0
  claiming = 0
  /** Number of outcomes that are not recorded yet. */
  recording = 0
  private failuresInRow = 0
  private isHolding = false
  private latencyMs = 0
  private payloadSize = 0

  /** Whether requests take so long that deliveries have to wait for each other. */
  get isSlow(): boolean {
    return this.latencyMs >= SLOW_MS
  }

  /**
   * Whether a delivery for which the lane has no room waits because of a limit of the webhook. If false, the queue is
   * only full for a short time.
   */
  get isLimited(): boolean {
    return this.limits.ratePerSecond !== null || this.isSlow
  }

  /**
   * Whether another request may be sent. A request uses its slot until its outcome is recorded. So if this worker dies,
   * at most `maxConcurrency` deliveries of the webhook are sent twice.
   */
  get hasSlot(): boolean {
    return !this.isHolding && this.inFlight + this.recording < this.limits.maxConcurrency
  }

  get isQuiet(): boolean {
    return this.inFlight === 0 && this.recording === 0 && this.claiming === 0
  }

  /** The limit because of which deliveries wait. */
  get limitReason(): 'RATE_LIMITED' | 'CONCURRENCY_LIMITED' {
    return this.limits.ratePerSecond !== null && this.hasSlot ? 'RATE_LIMITED' : 'CONCURRENCY_LIMITED'
  }

  /** How many tickets to keep in memory. At least one, because otherwise nothing could be sent. */
  get capacity(): number {
    const { ratePerSecond, maxConcurrency } = this.limits
    const byRate = ratePerSecond ?? Number.POSITIVE_INFINITY
    const byPace = Math.max(2 * maxConcurrency, Math.min(MAX_KEPT, this.sentWithin(KEPT_MS)))
    return Math.max(1, Math.min(byPace, 2 * byRate))
  }

  /**
   * How many deliveries to have claimed before they can be sent. Kept small, because their leases are running and their
   * payloads are in memory.
   */
  get ahead(): number {
    const { maxConcurrency, ratePerSecond } = this.limits
    const byRate = ratePerSecond ?? Number.POSITIVE_INFINITY
    const bySize = Math.max(1, MAX_AHEAD_SIZE / Math.max(1, this.payloadSize))
    const free = Math.max(0, maxConcurrency - this.inFlight)
    return Math.floor(Math.min(Math.max(free, Math.min(MAX_AHEAD, this.sentWithin(AHEAD_MS))), byRate, bySize))
  }

  /**
   * How many tickets to claim now. `waiting` tickets are not claimed yet; `ready` deliveries are claimed but not sent.
   * A busy lane waits until it can claim several at once, because a statement for ten tickets costs hardly more than
   * one for a single ticket.
   */
  claimable(waiting: number, ready: number): number {
    const room = this.ahead - ready - this.claiming
    return room >= Math.min(waiting, this.ahead / 2) ? Math.max(0, room) : 0
  }

  /** Updates the average size of payloads, in characters. */
  claimed(size: number): void {
    this.payloadSize += SMOOTHING * (size - this.payloadSize)
  }

  /** Called for a request that is still in flight after `ms`. Raises the average duration to at least `ms`. */
  outlasts(ms: number): void {
    this.latencyMs = Math.max(this.latencyMs, ms)
  }

  /**
   * Called when a request has ended and its outcome is not recorded yet. After as many consecutive failures as open a
   * circuit, nothing more is sent until all outcomes are recorded and the circuit is decided. Otherwise a receiver that
   * fails fast would get many more requests in the meantime.
   */
  finished({ durationMs, ok, breaker }: { durationMs: number; ok: boolean; breaker: boolean }): void {
    this.latencyMs += SMOOTHING * (durationMs - this.latencyMs)
    this.recording++
    this.failuresInRow = ok ? 0 : this.failuresInRow + 1
    if (breaker && this.failuresInRow >= OPEN_AFTER_FAILURES) this.isHolding = true
  }

  /** Called when an outcome is recorded and applied to the circuit. */
  recorded(): void {
    this.recording--
    if (this.recording > 0 || !this.isHolding) return
    this.isHolding = false
    this.failuresInRow = 0
  }

  /** How many requests the lane sends in `ms` at its current speed. 0 for a slow lane. */
  private sentWithin(ms: number): number {
    if (this.isSlow) return 0
    return Math.floor((this.limits.maxConcurrency * ms) / Math.max(1, this.latencyMs))
  }
}
