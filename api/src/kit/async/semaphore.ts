import type { AppError } from '../errors.ts'

/** Limits concurrency with permits. Waiters get a permit in the order of their calls. */
export interface Semaphore {
  /**
   * Takes a permit. Returns null if one was free. Otherwise returns a promise that resolves when the caller has a
   * permit and rejects after a timeout.
   */
  acquire(): Promise<void> | null
  /** Releases a permit. The next waiter gets it. */
  release(): void
  /** Runs `work` with a permit. */
  run<T>(work: () => Promise<T>): Promise<T>
}

/** `late` creates the error for a caller that has waited for `waitMs` without getting a permit. */
export function createSemaphore({
  places,
  waitMs,
  late,
}: {
  places: number
  waitMs: number
  late: () => AppError
}): Semaphore {
  let taken = 0
  const waiting = new Set<() => void>()

  const acquire: Semaphore['acquire'] = () => {
    if (taken < places) {
      taken += 1
      return null
    }
    return new Promise((resolve, reject) => {
      const go = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        waiting.delete(go)
        reject(late())
      }, waitMs)
      waiting.add(go)
    })
  }
  const release = () => {
    const [next] = waiting
    if (!next) {
      taken -= 1
      return
    }
    // The next waiter gets the permit directly, so that no later caller can take it first.
    waiting.delete(next)
    next()
  }
  return {
    acquire,
    release,
    async run(work) {
      const entering = acquire()
      if (entering) await entering
      try {
        return await work()
      } finally {
        release()
      }
    },
  }
}
