import type { Registry } from 'prom-client'
import { traceIdOf } from '../tracing/trace-context.ts'
import { observeHttp, observeOperations } from './metrics.ts'
import type { RequestLog } from './request-log.ts'
import { type Observe, pathOf } from './router.ts'

const MAX_PATH = 200

/** Records every finished exchange in the metrics, the statistics of the audit and the request log. */
export function observe(registry: Registry, requestLog: RequestLog): Observe {
  const measure = observeHttp(registry)
  const measureOperation = observeOperations(registry)
  return ({ req, res, identity, noted, clientIp, requestId, trace }, route, seconds) => {
    // An aborted exchange has no meaningful status, and its duration depends on the client.
    if (res.writableFinished) measure(route, res.statusCode, seconds)
    const status = res.statusCode === 200 && noted.status !== null ? noted.status : res.statusCode
    // A subscription lasts as long as its client wants.
    const isStream = String(res.getHeader('content-type')).startsWith('text/event-stream')
    if (noted.operation !== null && !isStream && res.writableFinished)
      measureOperation(noted.operation, status, seconds)
    const path = pathOf(req.url ?? '/').slice(0, MAX_PATH)
    requestLog.done({
      method: req.method ?? '',
      path,
      operation: noted.operation ?? route,
      status,
      identity,
      clientIp,
      requestId,
      traceId: trace && traceIdOf(trace.traceparent),
      durationMs: seconds * 1_000,
    })
  }
}
