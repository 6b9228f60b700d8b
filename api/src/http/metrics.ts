import type { Pool } from 'pg'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { AppContext } from '../app-context.ts'
import { forbidden } from '../kit/errors.ts'
import type { JobStats } from '../kit/jobs/jobs.ts'
import { sendText } from './request-context.ts'
import type { GuardedRoute } from './router.ts'

/**
 * Metrics in the format of Prometheus. They contain numbers about all tenants, so an identity of one tenant may not
 * read them.
 */
export const metrics = (registry: Registry): GuardedRoute => ({
  path: '/metrics',
  traced: false,
  methods: ['GET'],
  async handle({ req, res }, identity) {
    if (identity.tenantId !== null)
      throw forbidden('metrics cover all tenants; reading them requires an identity without a tenant')
    sendText(res, 200, await registry.metrics(), registry.contentType, req.method === 'HEAD')
  },
})

const JOB_GAUGES: Record<string, { help: string; sample: (stats: JobStats) => number | null }> = {
  aetherlink_jobs_waiting: { help: 'Jobs waiting for a worker, by kind', sample: ({ waiting }) => waiting },
  aetherlink_jobs_active: { help: 'Running jobs, by kind', sample: ({ active }) => active },
  aetherlink_jobs_delayed: { help: 'Delayed jobs, by kind', sample: ({ delayed }) => delayed },
  aetherlink_jobs_oldest_waiting_seconds: {
    help: 'Age of the oldest waiting job, by kind; 0 if none waits',
    sample: ({ oldestWaitingMs }) => (oldestWaitingMs ?? 0) / 1_000,
  },
  aetherlink_jobs_failures: {
    help: 'Failed runs on all workers since Redis was last emptied, by kind',
    sample: ({ failures }) => failures,
  },
  aetherlink_jobs_since_success_seconds: {
    help: 'Time since the last successful run of periodic work, by kind',
    sample: ({ sinceSuccessMs }) => sinceSuccessMs && sinceSuccessMs / 1_000,
  },
}

/**
 * Metrics of every kind of job: queue lengths, ages and failures. They are read from Redis at each scrape. While Redis
 * is unavailable there are no samples.
 */
export function observeJobs(registry: Registry, { jobs, log }: Pick<AppContext, 'jobs' | 'log'>): void {
  let reading: Promise<JobStats[]> | undefined
  // A scrape collects all gauges at once, so one read is enough for all of them.
  const read = () => {
    reading ??= jobs
      .stats()
      .catch((error: unknown) => {
        log.debug({ err: error }, 'no job statistics: Redis is unavailable')
        return []
      })
      .finally(() => {
        reading = undefined
      })
    return reading
  }
  for (const [name, { help, sample }] of Object.entries(JOB_GAUGES)) {
    new Gauge({
      name,
      help,
      labelNames: ['kind'],
      registers: [registry],
      async collect() {
        const stats = await read()
        this.reset()
        for (const kind of stats) {
          const value = sample(kind)
          if (value !== null) this.set({ kind: kind.kind }, value)
        }
      },
    })
  }
}

/** Metrics of this process's connections to PostgreSQL, and of the requests that wait for one. */
export function observePool(registry: Registry, pool: Pool): void {
  new Gauge({
    name: 'aetherlink_db_connections',
    help: 'Connections to PostgreSQL of this process (in_use, idle), and requests that wait for one (waiting)',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.set({ state: 'in_use' }, pool.totalCount - pool.idleCount)
      this.set({ state: 'idle' }, pool.idleCount)
      this.set({ state: 'waiting' }, pool.waitingCount)
    },
  })
}

/**
 * Counts and times GraphQL operations over HTTP by their first root field. The schema has a fixed number of these
 * fields, so the number of series is limited.
 */
export function observeOperations(registry: Registry): (operation: string, status: number, seconds: number) => void {
  const operations = new Counter({
    name: 'aetherlink_operations_total',
    help: 'GraphQL operations over HTTP, by first root field and status (that of the first error, else 200)',
    labelNames: ['operation', 'status'],
    registers: [registry],
  })
  const duration = new Histogram({
    name: 'aetherlink_operation_seconds',
    help: 'Time from the headers of a GraphQL operation over HTTP to the end of its response, by first root field',
    labelNames: ['operation'],
    buckets: [0.005, 0.025, 0.1, 0.25, 1, 5],
    registers: [registry],
  })
  return (operation, status, seconds) => {
    operations.inc({ operation, status })
    duration.observe({ operation }, seconds)
  }
}

/** Counts and times all responses. */
export function observeHttp(registry: Registry): (route: string, status: number, seconds: number) => void {
  const requests = new Counter({
    name: 'aetherlink_http_requests_total',
    help: 'HTTP requests answered, by route and status',
    labelNames: ['route', 'status'],
    registers: [registry],
  })
  const duration = new Histogram({
    name: 'aetherlink_http_request_seconds',
    help: 'Time from the headers of a request to the end of its response, by route',
    labelNames: ['route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  })
  return (route, status, seconds) => {
    requests.inc({ route, status })
    duration.observe({ route }, seconds)
  }
}

/** Called when a WebSocket has opened or closed. */
export interface ObserveSockets {
  opened(): void
  closed(code: number): void
}

/** The close codes that the server uses, and those of a peer that leaves (RFC 6455, 7.4.1; graphql-transport-ws). */
const CLOSE_CODES = [1000, 1001, 1005, 1006, 1009, 1013, 4400, 4401, 4403, 4406, 4408, 4409, 4429, 4500]

export function observeSockets(registry: Registry): ObserveSockets {
  const open = new Gauge({
    name: 'aetherlink_websockets',
    help: 'Open WebSockets',
    registers: [registry],
  })
  const closes = new Counter({
    name: 'aetherlink_websocket_closes_total',
    help: 'Closed WebSockets, by close code',
    labelNames: ['code'],
    registers: [registry],
  })
  return {
    opened: () => open.inc(),
    closed(code) {
      open.dec()
      // A peer can close with any code. Only known codes get a series of their own.
      closes.inc({ code: CLOSE_CODES.includes(code) ? String(code) : 'other' })
    },
  }
}
