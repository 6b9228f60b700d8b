import type { Pace } from '../kit/async/pace.ts'
import type { Semaphore } from '../kit/async/semaphore.ts'
import { withinTime } from '../kit/async/within-time.ts'
import { timedOut } from './providers/failure.ts'

/** Waits at most `ms` for a place. False: no place became free in time, and the caller holds none. */
export async function acquireWithin(semaphore: Semaphore, ms: number): Promise<boolean> {
  const entering = semaphore.acquire()
  if (entering === null) return true
  let timer: NodeJS.Timeout | undefined
  let isLate = false
  const acquired = entering.then(
    () => {
      // The place became free too late, so it is given back.
      if (isLate) semaphore.release()
      return !isLate
    },
    () => false,
  )
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      isLate = true
      resolve(false)
    }, ms)
  })
  try {
    return await Promise.race([acquired, late])
  } finally {
    clearTimeout(timer)
  }
}

/** A connection that nobody waits for any more may stay open this long, so that other work goes first. */
const ABORT_WITHIN_MS = 2_000

/**
 * The result of `work`. Rejects with a ProviderFailure after `ms`, even if the work ignores its abort signal. Aborts
 * are paced, because closing the connections of many requests at once takes long.
 */
export async function abortAfter<T>(ms: number, pace: Pace, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  return withinTime(work(controller.signal), ms, () => {
    void pace(ABORT_WITHIN_MS).then(() => controller.abort())
    return timedOut(ms)
  })
}
