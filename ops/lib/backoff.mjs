/** A life shorter than this is a failure of the program; a longer one, an accident. */
const QUICK_MS = 10_000
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000

/** So many failures one after the other, and a program is given up. */
export const FAILURES = 5

/** Decides when a program that died is started again. */
export class Backoff {
  #failures = 0

  /**
   * @param {number} livedMs how long the program lived
   * @returns {number | undefined} the pause before the next start in milliseconds; undefined to give up
   */
  next(livedMs) {
    this.#failures = livedMs < QUICK_MS ? this.#failures + 1 : 1
    if (this.#failures >= FAILURES) return undefined
    return Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS)
  }
}
