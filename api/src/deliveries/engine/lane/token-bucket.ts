/**
 * A rate limiter. The bucket holds the tokens of one second. It starts with one token, so that a new lane does not
 * start with a burst.
 */
export class TokenBucket {
  private tokens = 1
  private refilledAt: number | null = null

  /**
   * Uses a token and returns 0. If there is none, returns how many milliseconds to wait for the next one. `now` is in
   * milliseconds of any monotonic clock.
   */
  spend(perSecond: number, now: number): number {
    const burst = Math.max(1, perSecond)
    const elapsed = this.refilledAt === null ? 0 : Math.max(0, now - this.refilledAt)
    this.tokens = Math.min(burst, this.tokens + (elapsed * perSecond) / 1_000)
    this.refilledAt = now
    if (this.tokens >= 1) {
      this.tokens -= 1
      return 0
    }
    return Math.ceil(((1 - this.tokens) * 1_000) / perSecond)
  }
}
