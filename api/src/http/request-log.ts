import type { Identity } from '../identity/identity.ts'

/** A request that has ended: an HTTP request, or an operation on a WebSocket. */
export interface RequestRecord {
  method: string
  /** The path without the query, which may contain secrets. */
  path: string
  /** The first root field of a GraphQL operation, or else the route. Never a text that a client can choose freely. */
  operation: string
  /** The HTTP status of the response, or that of the worst error in its result. */
  status: number
  /** Null if the caller was not identified. */
  identity: Identity | null
  clientIp: string | null
  requestId: string
  /** The trace of the request; null if it has none. */
  traceId: string | null
  durationMs: number
}

/** Records requests that have ended. Callers do not wait for it. */
export interface RequestLog {
  done(request: RequestRecord): void
}
