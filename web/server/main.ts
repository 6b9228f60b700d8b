import { createServer } from 'node:http'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import next from 'next'
import { checkSettings } from '@/lib/server/check-settings.ts'
import { apiUrl } from '@/lib/server/env.ts'
import { appendPeer, FORWARDED_FOR } from '@/lib/server/forwarded-for.ts'
import packageJson from '../package.json' with { type: 'json' }
import { refuseBody } from './bodies.ts'
import { keepRegistered, webRegistration } from './registration.ts'
import { createRelay } from './relay.ts'
import { createUpgrades, refuseUpgrade } from './upgrades.ts'

/** The same limits for slow clients as in the API (HTTP_HEADERS_TIMEOUT_MS and others). */
const PATIENCE = { headersTimeout: 10_000, requestTimeout: 60_000, connectionsCheckingInterval: 5_000 }
/** Longer than any pause within a response. After a longer pause, the client is considered to have stopped reading. */
const STALL_MS = 120_000

/** Time for running responses to finish at shutdown. */
const STOP_MS = 5_000

/**
 * Starts the web server: Next.js, and the WebSockets of its pages. Next.js cannot serve WebSockets: it closes every
 * socket on the path of a route (next/dist/server/lib/router-server.js), and a route cannot upgrade a request.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      dev: { type: 'boolean', default: false },
      host: { type: 'string', short: 'H', default: '127.0.0.1' },
      port: { type: 'string', short: 'p', default: '3000' },
    },
  })
  const { dev, host } = values
  const port = Number(values.port)
  checkSettings()
  const relay = createRelay(apiUrl('/graphql'))

  // Next.js adds its own upgrade listener to the server that it is given, so it gets a server that never listens.
  const upgradesOfNext = createServer()
  const app = next({ dev, dir: join(import.meta.dirname, '..'), hostname: host, port, httpServer: upgradesOfNext })
  await app.prepare()
  const handle = app.getRequestHandler()

  const server = createServer(PATIENCE, (req, res) => {
    // In development, Next.js has paths of its own that accept bodies.
    if (!dev && refuseBody(req, res)) return
    req.headers[FORWARDED_FOR] = appendPeer(req.headers[FORWARDED_FOR], req.socket.remoteAddress)
    handle(req, res).catch((error: unknown) => {
      console.error(`${req.method} ${req.url} failed`, error)
      if (!res.headersSent) res.statusCode = 500
      res.end()
    })
  })
  server.timeout = STALL_MS
  const upgrades = createUpgrades((req, socket, head) => {
    if (req.url?.split('?')[0] === '/graphql') return relay.upgrade(req, socket, head)
    if (!dev) return refuseUpgrade(socket, 404, 'WebSockets are served at /graphql.')
    req.socket.setTimeout(0)
    upgradesOfNext.emit('upgrade', req, socket, head)
  })
  server.on('upgrade', upgrades.upgrade)
  server.once('error', (error) => {
    console.error(`The web server cannot listen on ${host}:${port}: ${error.message}`)
    process.exit(1)
  })
  const registration = webRegistration({ api: apiUrl('/graphql'), host, port, version: packageJson.version })
  let unregister = () => {}
  server.listen(port, host, () => {
    console.log(`The web server listens on ${host}:${port}`)
    if (registration) unregister = keepRegistered(registration, (message) => console.warn(message))
  })

  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    unregister()
    relay.close()
    upgrades.close()
    const limit = setTimeout(() => server.closeAllConnections(), dev ? 0 : STOP_MS)
    server.close(() => {
      clearTimeout(limit)
      void app.close().finally(() => process.exit(0))
    })
    server.closeIdleConnections()
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
