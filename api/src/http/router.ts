import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener } from 'node:http'
import { type AdmitRequest, type Authenticate, unauthenticated } from '../identity/authentication.ts'
import { identityDenied } from '../identity/denied.ts'
import type { Identity } from '../identity/identity.ts'
import { AppError } from '../kit/errors.ts'
import type { Log } from '../kit/log.ts'
import { traceContextOf } from '../tracing/trace-context.ts'
import type { Tracing } from '../tracing/tracing.ts'
import type { ClientIpOf } from './client-ip.ts'
import { publicError, sendProblem } from './error-response.ts'
import { type RequestContext, sendJson } from './request-context.ts'
import { traceRequest } from './trace-request.ts'

interface AnyRoute {
  path: string
  methods: readonly string[]
  /**
   * If set, the route handles only requests for which this returns true. The next route with the same path may handle
   * the others.
   */
  takes?: (req: IncomingMessage) => boolean
  /** False for a route that monitoring reads all the time. No spans are recorded for its requests. */
  traced?: false
  /** The action of a denial in the audit trail. By default the path. */
  action?: string
  /** Sends an error. By default as problem details. */
  refuse?: (exchange: RequestContext, error: AppError) => void
}

/** A route that requires an identity. */
export interface GuardedRoute extends AnyRoute {
  handle: (exchange: RequestContext, identity: Identity) => Promise<void> | void
}

/** A public route. */
export interface OpenRoute extends AnyRoute {
  open: true
  handle: (exchange: RequestContext) => Promise<void> | void
}

export type Route = GuardedRoute | OpenRoute

/**
 * Called once when a request has ended; the response may have been aborted. `route` is the path of a route or `other`.
 */
export type Observe = (exchange: RequestContext, route: string, seconds: number) => void

/** Called for every denial. The response is sent after it has resolved. */
export type OnDenied = (exchange: RequestContext, identity: Identity, action: string, error: AppError) => Promise<void>

const REQUEST_ID = /^[\w.:@/+=-]{1,128}$/

/**
 * Passes requests to routes. Every response has the header X-Request-Id: that of the request if it is valid, otherwise
 * a new id.
 */
export function createRouter(options: {
  routes: readonly Route[]
  authenticate: Authenticate
  clientIpOf: ClientIpOf
  /** Applies the request limits of tenants. */
  admit: AdmitRequest
  log: Log
  tracing: Tracing
  observe?: Observe
  onDenied?: OnDenied
}): RequestListener {
  const { authenticate, clientIpOf, admit, log, tracing, observe, onDenied } = options
  const byPath = new Map<string, Route[]>()
  for (const route of options.routes) byPath.set(route.path, [...(byPath.get(route.path) ?? []), route])

  const run = async (route: Route, exchange: RequestContext) => {
    try {
      if ('open' in route) {
        refuseCompressed(exchange)
        return await route.handle(exchange)
      }
      // Shared caches do not store responses to requests with Authorization (RFC 9111, 3.5), but they do not know
      // X-API-Key.
      exchange.res.setHeader('cache-control', 'no-store')
      const answer = authenticate(exchange.req.headers)
      const identity = answer instanceof Promise ? await answer : answer
      if (identity === null) throw unauthenticated()
      exchange.identity = identity
      const admitted = admit(identity)
      if (admitted) await admitted
      refuseCompressed(exchange)
      await route.handle(exchange, identity)
    } catch (error) {
      const told = publicError(error, exchange, log)
      exchange.identity ??= identityDenied(error)
      if (told.code === 'FORBIDDEN' && exchange.identity) {
        await onDenied?.(exchange, exchange.identity, route.action ?? `http${route.path.replaceAll('/', '.')}`, told)
      }
      if (exchange.res.headersSent) exchange.res.destroy()
      else (route.refuse ?? sendProblem)(exchange, told)
    }
  }

  return (req, res) => {
    const receivedAt = performance.now()
    const requestId = requestIdOf(req)
    res.setHeader('x-request-id', requestId)
    res.setHeader('x-content-type-options', 'nosniff')
    const noted = { operation: null, status: null }
    const trace = traceContextOf(req.headers)
    const clientIp = clientIpOf(req)
    const exchange: RequestContext = { req, res, requestId, clientIp, receivedAt, trace, identity: null, noted }
    const path = pathOf(req.url ?? '/')
    const routes = byPath.get(path)
    if (observe)
      res.once('close', () => observe(exchange, routes ? path : 'other', (performance.now() - receivedAt) / 1000))
    const method = req.method === 'HEAD' ? 'GET' : (req.method ?? 'GET')
    const route = routes?.find((r) => r.methods.includes(method) && (r.takes?.(req) ?? true))
    if (route && !('open' in route) && route.traced !== false) traceRequest(tracing, exchange, route.path)
    if (route) void run(route, exchange)
    else turnAway(exchange, routes)
  }
}

/** Throws BAD_USER_INPUT with status 415 for a compressed body, because a small one can decompress to any size. */
function refuseCompressed({ req, res }: RequestContext): void {
  const coding = req.headers['content-encoding']
  if (coding === undefined || coding.trim().toLowerCase() === 'identity') return
  // The encoding that is accepted (RFC 9110, section 12.5.3).
  res.setHeader('accept-encoding', 'identity')
  const message = `content-encoding: is ${coding.slice(0, 60)}; expected an uncompressed body`
  throw new AppError('BAD_USER_INPUT', message, { status: 415 })
}

function turnAway(exchange: RequestContext, routes: readonly Route[] | undefined): void {
  const { req, res } = exchange
  const status = routes ? 405 : 404
  const allow = routes && [...new Set(routes.flatMap((route) => route.methods))].join(', ')
  if (allow) res.setHeader('allow', allow)
  const detail = allow ? `${req.url} allows ${allow}, not ${req.method}` : `there is nothing at ${req.url}`
  const title = routes ? 'method not allowed' : 'not found'
  sendJson(
    exchange,
    status,
    { type: 'about:blank', title, status, detail: detail.slice(0, 300) },
    'application/problem+json',
  )
}

export function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

/** The X-Request-Id of the request if it is valid, otherwise a new id. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const header = headers['x-request-id']
  return typeof header === 'string' && REQUEST_ID.test(header) ? header : randomUUID()
}
