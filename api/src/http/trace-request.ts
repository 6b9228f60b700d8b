import type { Tracing } from '../tracing/tracing.ts'
import type { RequestContext } from './request-context.ts'

/**
 * Records a span from now until the response ends. Events that the request publishes continue this span. The span of an
 * event stream lasts as long as the stream.
 */
export function traceRequest(tracing: Tracing, exchange: RequestContext, route: string): void {
  const { req, res, requestId, clientIp, noted } = exchange
  const span = tracing.start(`${req.method} ${route}`, () => ({
    kind: 'server',
    parent: exchange.trace,
    attributes: {
      'http.request.method': req.method,
      'http.route': route,
      'client.address': clientIp,
      'aetherlink.request.id': requestId,
    },
  }))
  if (!span) return
  exchange.trace = span.trace
  res.once('close', () => {
    const { identity } = exchange
    span.set({
      'http.response.status_code': res.statusCode,
      'aetherlink.operation': noted.operation,
      'aetherlink.tenant.id': identity?.tenantId,
    })
    const status = Math.max(res.statusCode, noted.status ?? 0)
    span.end(status >= 500 ? String(status) : res.writableFinished ? null : 'aborted')
  })
}
