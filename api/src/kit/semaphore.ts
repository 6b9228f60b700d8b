import type { AppError } from './errors.ts'

/** So many at once, and a line for the others: who came first goes first. */
export interface Semaphore {
  /** Null: there was a place, and it is taken. Else resolves with one, or rejects when none became free in time. */
  acquire(): Promise<void> | null
  /** Gives the place up, to the next in line. */
  release(): void
  /** Does the work in a place of its own. */
  run<T>(work: () => Promise<T>): Promise<T>
}

/** `late` makes the error of one that waited for `waitMs` in vain. */
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
    // The place changes hands: nobody who comes now is before those that wait.
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
