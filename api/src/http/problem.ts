import { AppError, type ErrorCode } from '../kit/errors.ts'
import { isAway } from '../kit/faults.ts'
import type { Log } from '../kit/log.ts'
import { type Exchange, sendJson } from './exchange.ts'

/** The HTTP status of each code. */
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
  UNAVAILABLE: 503,
  INTERNAL: 500,
}

/** What a caller is told of anything that was thrown: an AppError as it is, a fault as UNAVAILABLE, the rest masked. */
export function publicError(error: unknown, requestId: string, log: Log): AppError {
  if (error instanceof AppError) return error
  if (isAway(error)) {
    log.warn({ err: error, requestId }, 'a request met a server that is away')
    return new AppError('UNAVAILABLE', 'a server that this needs is away for the moment; try again')
  }
  log.error({ err: error, requestId }, 'a request failed')
  return new AppError('INTERNAL', 'Unexpected error.', { requestId })
}

/** Answers with problem details (RFC 9457): `code`, and `path` and `issues` where an input is at fault, are extensions. */
export function sendProblem(exchange: Exchange, error: AppError): void {
  const status = STATUS[error.code]
  if (status === 401) exchange.res.setHeader('www-authenticate', 'Bearer')
  const title = error.code.toLowerCase().replaceAll('_', ' ')
  const body = { type: 'about:blank', title, status, detail: error.message, code: error.code, ...error.extensions }
  sendJson(exchange, status, body, 'application/problem+json')
}
