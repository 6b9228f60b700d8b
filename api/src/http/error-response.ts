import type { GraphQLError } from 'graphql'
import { isTransientError } from '../db/transient-errors.ts'
import type { RequestNotes } from '../graphql/context.ts'
import { AppError, type ErrorCode } from '../kit/errors.ts'
import type { Log } from '../kit/log.ts'
import { traceFields } from '../tracing/trace-context.ts'
import { type RequestContext, sendJson } from './request-context.ts'

/** HTTP status by error code. */
export const STATUS: Record<ErrorCode, number> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_USER_INPUT: 400,
  NOT_FOUND: 404,
  CONFLICT: 409,
  RATE_LIMITED: 429,
  PAYLOAD_TOO_LARGE: 413,
  CURSOR_EXPIRED: 410,
  QUERY_TOO_COMPLEX: 400,
  PERSISTED_QUERY_NOT_FOUND: 404,
  UNAVAILABLE: 503,
  INTERNAL: 500,
}

/** The HTTP status of an error: its own if set, otherwise that of its code. */
export const statusOf = ({ code, extensions }: AppError): number =>
  typeof extensions.status === 'number' ? extensions.status : STATUS[code]

/** Records the status of a result's worst error, because the response itself may be 200. */
export function noteErrors({ noted }: { noted?: RequestNotes }, errors: readonly GraphQLError[]): void {
  if (!noted) return
  for (const { extensions } of errors) {
    const status = STATUS[extensions.code as ErrorCode] ?? STATUS.INTERNAL
    noted.status = Math.max(noted.status ?? 0, status)
  }
}

/**
 * Converts anything thrown into an error for the client: an AppError is unchanged, a transient fault becomes
 * UNAVAILABLE, everything else is masked.
 */
export function publicError(
  error: unknown,
  { requestId, trace }: Pick<RequestContext, 'requestId' | 'trace'>,
  log: Log,
): AppError {
  if (error instanceof AppError) return error
  if (isTransientError(error)) {
    log.warn({ err: error, requestId, ...traceFields(trace) }, 'a request failed because a server is unavailable')
    return new AppError('UNAVAILABLE', 'a required server is temporarily unavailable; try again')
  }
  log.error({ err: error, requestId, ...traceFields(trace) }, 'a request failed')
  return new AppError('INTERNAL', 'Unexpected error.', { requestId })
}

/** Headers of an error response: accepted credentials (RFC 9110, 11.6.1) and Retry-After (10.2.3) in whole seconds. */
export function setRefusalHeaders({ res }: RequestContext, status: number, { extensions }: AppError): void {
  if (status === 401) res.setHeader('www-authenticate', 'Bearer')
  if (typeof extensions.retryAfterMs === 'number')
    res.setHeader('retry-after', Math.max(1, Math.ceil(extensions.retryAfterMs / 1_000)))
}

/** Sends problem details (RFC 9457) with the extensions `code` and, for input errors, `path` and `issues`. */
export function sendProblem(exchange: RequestContext, error: AppError): void {
  const status = statusOf(error)
  setRefusalHeaders(exchange, status, error)
  const title = error.code.toLowerCase().replaceAll('_', ' ')
  const body = { type: 'about:blank', title, status, detail: error.message, code: error.code, ...error.extensions }
  sendJson(exchange, status, body, 'application/problem+json')
}
