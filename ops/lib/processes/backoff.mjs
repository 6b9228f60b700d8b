/** A program that ends within this time counts as failed. If it runs longer, the count of failures is reset. */
const QUICK_MS = 10_000
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000

/** Number of consecutive failures after which a program is no longer restarted. */
export const FAILURES = 5

/** Decides whether and when a program is restarted. */
export class Backoff {
  #failures = 0

  /**
   * @param {number} livedMs how long the program ran
   * @returns {number | undefined} the pause before the next start in milliseconds; undefined if the program must not be restarted
   */
  next(livedMs) {
    this.#failures = livedMs < QUICK_MS ? this.#failures + 1 : 1
    if (this.#failures >= FAILURES) return undefined
    return Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS)
  }
}
