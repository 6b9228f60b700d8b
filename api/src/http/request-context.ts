import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestNotes } from '../graphql/context.ts'
import type { Identity } from '../identity/identity.ts'
import type { TraceContext } from '../tracing/trace-context.ts'

/** A request and its response, with the data that every route needs. */
export interface RequestContext {
  req: IncomingMessage
  res: ServerResponse
  requestId: string
  clientIp: string | null
  /** When its headers had arrived, by the monotonic clock of this process (performance.now()). */
  receivedAt: number
  /** The trace of the headers traceparent and tracestate, or of the span of this request. */
  trace: TraceContext | null
  /** The identity of the caller. Null on public routes, and until it is known. */
  identity: Identity | null
  noted: RequestNotes
}

export function sendJson({ res, req }: RequestContext, status: number, body: unknown, type = 'application/json'): void {
  sendText(res, status, JSON.stringify(body), `${type}; charset=utf-8`, req.method === 'HEAD')
}

export function sendText(res: ServerResponse, status: number, text: string, contentType: string, head = false): void {
  res.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) })
  res.end(head ? undefined : text)
}
