import type { Registry } from 'prom-client'
import { traceIdOf } from '../tracing/trace-context.ts'
import { observeHttp, observeOperations } from './metrics.ts'
import type { RequestLog } from './request-log.ts'
import { type Observe, pathOf } from './router.ts'

const MAX_PATH = 200

/** Records every request that has ended: in the metrics, in the statistics of the audit, and in the request log. */
export function observe(registry: Registry, requestLog: RequestLog): Observe {
  const measure = observeHttp(registry)
  const measureOperation = observeOperations(registry)
  return ({ req, res, identity, noted, clientIp, requestId, trace }, route, seconds) => {
    // If the response was aborted, its status has no meaning, and its duration depends on the client.
    if (res.writableFinished) measure(route, res.statusCode, seconds)
    const status = res.statusCode === 200 && noted.status !== null ? noted.status : res.statusCode
    // The duration of a subscription depends only on the client, so it is not measured.
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
