import type { Log } from './log.ts'

/**
 * Runs `stop` once on SIGTERM or SIGINT and then exits 0; a second signal, or `limitMs` without an end, exits 1. What is
 * left behind by a forced end is found by the sweep.
 */
export function onShutdown(log: Log, limitMs: number, stop: () => Promise<void>): void {
  let stopping = false
  const begin = (signal: NodeJS.Signals) => {
    if (stopping) {
      log.warn({ signal }, 'stopping at once')
      process.exit(1)
    }
    stopping = true
    log.info({ signal }, 'stopping')
    const limit = setTimeout(() => {
      log.error(`not stopped within ${limitMs} ms; what is under way will be taken over after its lease`)
      process.exit(1)
    }, limitMs)
    limit.unref()
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', begin)
  process.on('SIGINT', begin)
}
