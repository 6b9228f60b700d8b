import { createHash } from 'node:crypto'
import type { Log } from '../log.ts'

/**
 * Wraps periodic work. A call while the work is running returns that run and starts no second one. A failed run is
 * logged and does not reject, because the next tick tries again.
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
 * Calls `tick` every `intervalMs` with the number of the tick, which is the same in all processes at the same time.
 * Each kind has its own offset, so that not all work starts at the same time. Returns a function that stops the ticks.
 */
export function onEveryTick(kind: string, intervalMs: number, tick: (number: number) => void): () => void {
  const offset = createHash('sha256').update(kind).digest().readUInt32BE() % intervalMs
  let timer: NodeJS.Timeout
  const schedule = () => {
    const next = Math.floor((Date.now() - offset) / intervalMs) + 1
    timer = setTimeout(
      () => {
        schedule()
        tick(next)
      },
      next * intervalMs + offset - Date.now(),
    )
  }
  schedule()
  return () => clearTimeout(timer)
}
