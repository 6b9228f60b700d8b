import type { Registry } from 'prom-client'
import { observeHttp } from './metrics.ts'
import type { RequestLog } from './request-log.ts'
import { type Observe, pathOf } from './router.ts'

const MAX_PATH = 200

/** Notes every exchange that is over: in the metrics, in the figures of the audit, and in the log of requests. */
export function observe(registry: Registry, requestLog: RequestLog): Observe {
  const measure = observeHttp(registry)
  return ({ req, res, identity, noted, clientIp, requestId }, route, seconds) => {
    // One that was broken off has no status to speak of, and its time is its client's.
    if (res.writableFinished) measure(route, res.statusCode, seconds)
    const path = pathOf(req.url ?? '/').slice(0, MAX_PATH)
    requestLog.done({
      method: req.method ?? '',
      path,
      operation: noted.operation ?? route,
      status: res.statusCode === 200 && noted.status !== null ? noted.status : res.statusCode,
      identity,
      clientIp,
      requestId,
      durationMs: seconds * 1_000,
    })
  }
}
