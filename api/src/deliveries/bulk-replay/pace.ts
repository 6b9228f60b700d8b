/** Initial limit of replays of one webhook that wait for their first attempt. */
const FIRST_WINDOW = 32
const MIN_WINDOW = 32
const MAX_WINDOW = 1_000
/** A window does not shrink below the number of replays that the receiver accepted in this time. */
const WINDOW_MS = 500
/** One adjustment shrinks a window to no less than this fraction. Adjustments are at least WINDOW_MS apart. */
const SHRINK = 0.6
/** A window is halved if more than this share of the attempts since the last check failed. */
const MAX_FAILING = 0.1
/** The largest burst: as many replays as the rate allows in this time. */
const BURST_MS = 1_000

interface Window {
  size: number
  /** Number of replays that were attempted since `since`. */
  attempted: number
  since: number
}

/**
 * The speed limits of one run of a bulk replay. One limit is the rate of the bulk replay. The other is a window per
 * webhook: the number of replays that may wait for their first attempt. The window follows the speed of the receiver,
 * so that a live delivery never has to wait behind the whole bulk replay.
 */
export class ReplayPace {
  private readonly ratePerSecond: number | null
  private tokens: number
  private filledAt: number
  private readonly webhooks = new Map<string, Window>()

  /** `now` is in milliseconds of a monotonic clock, in all methods. */
  constructor(ratePerSecond: number | null, now: number) {
    this.ratePerSecond = ratePerSecond
    this.tokens = ratePerSecond === null ? Number.POSITIVE_INFINITY : 1
    this.filledAt = now
  }

  /** Number of replays that the rate allows now. */
  budget(now: number): number {
    if (this.ratePerSecond === null) return Number.POSITIVE_INFINITY
    const most = Math.max(1, (this.ratePerSecond * BURST_MS) / 1_000)
    this.tokens = Math.min(most, this.tokens + ((now - this.filledAt) * this.ratePerSecond) / 1_000)
    this.filledAt = now
    return Math.floor(this.tokens)
  }

  spent(count: number): void {
    this.tokens -= count
  }

  /**
   * Adjusts the window of a webhook. `before` is the number of replays that waited at the last check. `still` is how
   * many of these are waiting now, `failed` how many of them failed. If few still wait, the receiver is faster than the
   * window allows and the window doubles. If most still wait, the window shrinks to what the receiver accepts. If many
   * failed, the window is halved, because the receiver may be getting more than it can handle.
   */
  progressed(webhookId: string, replays: { before: number; still: number; failed: number }, now: number): void {
    const { before, still, failed } = replays
    const window = this.webhooks.get(webhookId) ?? { size: FIRST_WINDOW, attempted: 0, since: now }
    this.webhooks.set(webhookId, window)
    window.attempted += before - still
    const elapsed = now - window.since
    if (failed > MAX_FAILING * (before - still)) window.size = Math.max(MIN_WINDOW, Math.floor(window.size / 2))
    else if (still <= window.size / 4) {
      // The window was not full before, so something else limits the speed, and the receiver's speed is unknown.
      if (before <= window.size / 2) return
      window.size = Math.min(MAX_WINDOW, 2 * window.size)
    } else {
      // Outcomes are recorded in groups, so a shorter time gives no reliable rate.
      if (elapsed < WINDOW_MS) return
      const taken = Math.ceil((window.attempted * WINDOW_MS) / elapsed)
      if (still > window.size / 2)
        window.size = Math.min(MAX_WINDOW, Math.max(MIN_WINDOW, taken, Math.floor(window.size * SHRINK)))
    }
    window.attempted = 0
    window.since = now
  }

  /** How many replays of a webhook may wait for their first attempt. `ratePerSecond` is the webhook's own limit. */
  window(webhookId: string, ratePerSecond: number | null): number {
    const size = this.webhooks.get(webhookId)?.size ?? FIRST_WINDOW
    return Math.max(1, Math.min(size, ratePerSecond ?? MAX_WINDOW))
  }
}
