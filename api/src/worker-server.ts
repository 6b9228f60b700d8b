import { createServer } from 'node:http'
import { collectDefaultMetrics, Registry } from 'prom-client'
import packageJson from '../package.json' with { type: 'json' }
import { createAccess } from './access/access.ts'
import { createRateLimiter } from './access/rate-limiter.ts'
import type { AppContext } from './app-context.ts'
import { createClientIpOf } from './http/client-ip.ts'
import { health } from './http/health.ts'
import { listen } from './http/http-server.ts'
import { metrics, observePool } from './http/metrics.ts'
import { ready } from './http/ready.ts'
import { createRouter } from './http/router.ts'

export interface WorkerServer {
  registry: Registry
  /** Starts listening and resolves with the port. Port 0 lets the system choose one. */
  start(port: number, host: string): Promise<number>
  stop(): Promise<void>
}

/** The HTTP server of a worker: `/health`, `/ready`, and `/metrics`, which only an unbound identity may read. */
export function createWorkerServer(core: AppContext): WorkerServer {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  observePool(registry, core.db.pool)
  const { authenticate } = createAccess(core)
  const server = createServer(
    createRouter({
      routes: [health(packageJson.version, 'aetherlink-worker'), ready(core, authenticate), metrics(registry)],
      authenticate,
      clientIpOf: createClientIpOf(core.env.TRUSTED_PROXIES),
      admit: createRateLimiter(core).admit,
      log: core.log,
      tracing: core.tracing,
    }),
  )
  return {
    registry,
    start: (port, host) => listen(server, port, host),
    stop: () =>
      new Promise((resolve) => {
        if (!server.listening) return resolve()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
