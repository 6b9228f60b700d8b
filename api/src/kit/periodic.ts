import type { Log } from './log.ts'

/**
 * Wraps periodic work: while a run is under way another call gets that run instead of starting a second one. A failed run is
 * logged and never rejects, because the next tick tries again.
 */
export function singleRun(kind: string, work: () => Promise<void>, log: Log): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= work()
      .catch((error: unknown) => log.warn({ err: error, kind }, 'periodic work failed; the next run tries again'))
      .finally(() => {
        running = undefined
      })
    return running
  }
}

/**
 * Calls `tick` at every multiple of `intervalMs` by the wall clock, so that the ticks of all processes of a machine coincide. Returns
 * the function that ends it.
 */
export function onEveryMultiple(intervalMs: number, tick: () => void): () => void {
  let timer: NodeJS.Timeout
  const schedule = () => {
    timer = setTimeout(
      () => {
        schedule()
        tick()
      },
      intervalMs - (Date.now() % intervalMs),
    )
  }
  schedule()
  return () => clearTimeout(timer)
}
