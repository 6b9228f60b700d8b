import { SettingsError } from '../env.ts'
import { createLog } from '../kit/log.ts'
import { onShutdown } from '../kit/process/shutdown.ts'
import { createReceiver } from './receiver-server.ts'
import { parseDemoSettings } from './settings.ts'

/** The demo receiver as a separate process, on http://127.0.0.1:8099, or on the port in DEMO_RECEIVER_PORT. */

const log = createLog('info', 'demo-receiver')
try {
  const { port, secret } = parseDemoSettings()
  const server = createReceiver({ secrets: secret === null ? [] : [secret] })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  log.info({ port }, 'listening')
  onShutdown(log, 2_000, async () => {
    server.close()
    // Does not wait for requests that hang or are slow on purpose.
    server.closeAllConnections()
  })
} catch (error) {
  console.error(explain(error))
  process.exit(1)
}

function explain(error: unknown): unknown {
  if (error instanceof SettingsError) return error.message
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    const port = process.env.DEMO_RECEIVER_PORT || 8099
    return `DEMO_RECEIVER_PORT: port ${port} is in use by another process; set DEMO_RECEIVER_PORT to a free one`
  }
  return error
}
