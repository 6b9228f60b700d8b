import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { forbidden } from '../kit/errors.ts'
import { sendText } from './request-context.ts'
import type { GuardedRoute } from './router.ts'

/** What a registry holds, as Prometheus reads it: of all tenants together, so for nobody who is bound to one. */
export const metrics = (registry: Registry): GuardedRoute => ({
  path: '/metrics',
  methods: ['GET'],
  async handle({ req, res }, identity) {
    if (identity.tenantId !== null)
      throw forbidden('metrics are of all tenants; they take an identity that is bound to none')
    sendText(res, 200, await registry.metrics(), registry.contentType, req.method === 'HEAD')
  },
})

/** Counts and times every response. */
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

/** Told of every WebSocket when it opens and when it is over. */
export interface ObserveSockets {
  opened(): void
  closed(code: number): void
}

/** Codes that the server closes with, and those of a peer that leaves (RFC 6455, 7.4.1; graphql-transport-ws). */
const CLOSE_CODES = [1000, 1001, 1005, 1006, 1009, 1013, 4400, 4401, 4403, 4406, 4408, 4409, 4429, 4500]

export function observeSockets(registry: Registry): ObserveSockets {
  const open = new Gauge({
    name: 'aetherlink_websockets',
    help: 'WebSockets that are open',
    registers: [registry],
  })
  const closes = new Counter({
    name: 'aetherlink_websocket_closes_total',
    help: 'WebSockets that ended, by close code',
    labelNames: ['code'],
    registers: [registry],
  })
  return {
    opened: () => open.inc(),
    closed(code) {
      open.dec()
      // A peer may close with any code: it must not make a series of each.
      closes.inc({ code: CLOSE_CODES.includes(code) ? String(code) : 'other' })
    },
  }
}
