import type { AppError } from './errors.ts'

/** Limits concurrency; waiters are served in order of arrival. */
export interface Semaphore {
  /**
   * Returns null if a permit was free and is now taken. Otherwise returns a promise of a permit, which rejects on
   * timeout.
   */
  acquire(): Promise<void> | null
  /** Releases the permit to the next waiter. */
  release(): void
  /** Runs the work with a permit. */
  run<T>(work: () => Promise<T>): Promise<T>
}

/** `late` creates the error for a waiter that timed out after `waitMs`. */
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
    // The permit passes directly to the next waiter, so that no newcomer overtakes it.
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
