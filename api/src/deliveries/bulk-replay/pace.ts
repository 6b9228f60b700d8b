/** Replays of one webhook that wait for their first attempt. */
const FIRST_WINDOW = 32
const MIN_WINDOW = 32
const MAX_WINDOW = 1_000
/** The smallest window: as many replays as the receiver accepts in this time. */
const WINDOW_MS = 500
/** A window shrinks to no less than this fraction within WINDOW_MS. */
const SHRINK = 0.6
/** A window halves when more than this share of the attempts since the last check failed. */
const MAX_FAILING = 0.1
/** The largest burst of a pace, in time. */
const BURST_MS = 1_000

interface Window {
  size: number
  /** Replays that were attempted since then. */
  attempted: number
  since: number
}

/**
 * The speed limits of one run of a bulk replay: its own pace, and for each webhook a window of replays that wait for
 * their first attempt. The window follows the speed of the receiver, so that a live delivery never waits behind the
 * whole bulk replay.
 */
export class ReplayPace {
  private readonly ratePerSecond: number | null
  private tokens: number
  private filledAt: number
  private readonly webhooks = new Map<string, Window>()

  /** `now` is in milliseconds of a monotonic clock, here and below. */
  constructor(ratePerSecond: number | null, now: number) {
    this.ratePerSecond = ratePerSecond
    this.tokens = ratePerSecond === null ? Number.POSITIVE_INFINITY : 1
    this.filledAt = now
  }

  /** Replays that the pace allows now. */
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
   * Records how many replays of a webhook waited at the last check, how many of them still do, and how many failed. A
   * window that was nearly used up doubles, because it limited the receiver; one that was hardly used shrinks to what the
   * receiver accepts. Failures halve it: they may be those of a receiver that gets more than it can bear.
   */
  progressed(webhookId: string, replays: { before: number; still: number; failed: number }, now: number): void {
    const { before, still, failed } = replays
    const window = this.webhooks.get(webhookId) ?? { size: FIRST_WINDOW, attempted: 0, since: now }
    this.webhooks.set(webhookId, window)
    window.attempted += before - still
    const elapsed = now - window.since
    if (failed > MAX_FAILING * (before - still)) window.size = Math.max(MIN_WINDOW, Math.floor(window.size / 2))
    else if (still <= window.size / 4) {
      // A bulk replay that is slow for other reasons does not use its window: that says nothing about the receiver.
      if (before <= window.size / 2) return
      window.size = Math.min(MAX_WINDOW, 2 * window.size)
    } else {
      // Outcomes are recorded in groups: a shorter time than this says little.
      if (elapsed < WINDOW_MS) return
      const taken = Math.ceil((window.attempted * WINDOW_MS) / elapsed)
      if (still > window.size / 2)
        window.size = Math.min(MAX_WINDOW, Math.max(MIN_WINDOW, taken, Math.floor(window.size * SHRINK)))
    }
    window.attempted = 0
    window.since = now
  }

  /** Replays of a webhook that may wait for their first attempt; `ratePerSecond` is the webhook's own limit. */
  window(webhookId: string, ratePerSecond: number | null): number {
    const size = this.webhooks.get(webhookId)?.size ?? FIRST_WINDOW
    return Math.max(1, Math.min(size, ratePerSecond ?? MAX_WINDOW))
  }
}
