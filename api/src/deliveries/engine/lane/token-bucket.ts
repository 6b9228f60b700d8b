/** A rate limiter: a bucket of one second's worth of tokens. It starts with one token, so that a new lane does not begin with a burst. */
export class TokenBucket {
  private tokens = 1
  private refilledAt: number | null = null

  /**
   * Spends a token and returns 0, or returns the milliseconds until there is one. `now` is in milliseconds of any
   * steady clock.
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
