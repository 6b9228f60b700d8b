import type { GraphQLError } from 'graphql'
import { isTransientError } from '../db/transient-errors.ts'
import type { RequestNotes } from '../graphql/context.ts'
import { AppError, type ErrorCode } from '../kit/errors.ts'
import type { Log } from '../kit/log.ts'
import { traceFields } from '../tracing/trace-context.ts'
import { type RequestContext, sendJson } from './request-context.ts'

/** HTTP statuses by error code. */
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

/** The HTTP status of an error: its own if it has one, otherwise that of its code. */
export const statusOf = ({ code, extensions }: AppError): number =>
  typeof extensions.status === 'number' ? extensions.status : STATUS[code]

/** Notes the status of the worst error in a result, because the response itself may have status 200. */
export function noteErrors({ noted }: { noted?: RequestNotes }, errors: readonly GraphQLError[]): void {
  if (!noted) return
  for (const { extensions } of errors) {
    const status = STATUS[extensions.code as ErrorCode] ?? STATUS.INTERNAL
    noted.status = Math.max(noted.status ?? 0, status)
  }
}

/**
 * Converts anything that was thrown to an error for the client. An AppError stays the same. A transient error becomes
 * UNAVAILABLE. All other errors are masked.
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

/**
 * Sets the headers of an error response: the accepted credentials (RFC 9110, 11.6.1), and Retry-After (10.2.3) in whole
 * seconds.
 */
export function setRefusalHeaders({ res }: RequestContext, status: number, { extensions }: AppError): void {
  if (status === 401) res.setHeader('www-authenticate', 'Bearer')
  if (typeof extensions.retryAfterMs === 'number')
    res.setHeader('retry-after', Math.max(1, Math.ceil(extensions.retryAfterMs / 1_000)))
}

/** Sends problem details (RFC 9457). The extensions are `code` and, for invalid input, `path` and `issues`. */
export function sendProblem(exchange: RequestContext, error: AppError): void {
  const status = statusOf(error)
  setRefusalHeaders(exchange, status, error)
  const title = error.code.toLowerCase().replaceAll('_', ' ')
  const body = { type: 'about:blank', title, status, detail: error.message, code: error.code, ...error.extensions }
  sendJson(exchange, status, body, 'application/problem+json')
}
