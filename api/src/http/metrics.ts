import { Counter, Histogram, type Registry } from 'prom-client'
import { sendText } from './exchange.ts'
import type { GuardedRoute, Observe } from './router.ts'

/** What a registry holds, as Prometheus reads it. */
export const metrics = (registry: Registry): GuardedRoute => ({
  path: '/metrics',
  methods: ['GET'],
  handle: async ({ req, res }) =>
    sendText(res, 200, await registry.metrics(), registry.contentType, req.method === 'HEAD'),
})

/** Counts and times every response. */
export function observeHttp(registry: Registry): Observe {
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
