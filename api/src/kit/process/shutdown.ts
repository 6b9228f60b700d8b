import type { Log } from '../log.ts'

/**
 * Runs `stop` once on SIGTERM or SIGINT and then exits with 0. Exits with 1 on a second signal, or if `stop` takes
 * longer than `limitMs`. The sweep recovers work that was not finished.
 */
export function onShutdown(log: Log, limitMs: number, stop: () => Promise<void>): void {
  let stopping = false
  const begin = (signal: NodeJS.Signals) => {
    if (stopping) {
      log.warn({ signal }, 'stopping immediately')
      process.exit(1)
    }
    stopping = true
    log.info({ signal }, 'stopping')
    const limit = setTimeout(() => {
      log.error(`not stopped within ${limitMs} ms; unfinished deliveries are taken over after their lease`)
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
