import type { Identity } from '../identity/identity.ts'

/** A finished request: an HTTP request or an operation on a WebSocket. */
export interface RequestRecord {
  method: string
  /** Path without the query, which may hold secrets. */
  path: string
  /** The first root field of a GraphQL operation, or the route: never text that a client can choose freely. */
  operation: string
  /** The HTTP status, or the status that its error stands for. */
  status: number
  /** Null if the request named no known identity. */
  identity: Identity | null
  clientIp: string | null
  requestId: string
  /** The trace of the request; null if it carries none. */
  traceId: string | null
  durationMs: number
}

/** Records finished requests. No caller waits for it. */
export interface RequestLog {
  done(request: RequestRecord): void
}
