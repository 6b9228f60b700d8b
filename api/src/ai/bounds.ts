import type { Semaphore } from '../kit/async/semaphore.ts'
import type { Turns } from '../kit/async/turns.ts'
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

/**
 * The result of `work`. Rejects with a ProviderFailure after `ms`, even if the work ignores its abort signal. Aborts
 * are spread over turns of the event loop, because closing the connections of many requests at once takes long.
 */
export async function abortAfter<T>(ms: number, turn: Turns, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  return withinTime(work(controller.signal), ms, () => {
    void turn().then(() => controller.abort())
    return timedOut(ms)
  })
}
