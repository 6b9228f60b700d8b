import { GraphQLError } from 'graphql'
import { isTransientError } from '../db/transient-errors.ts'
import { AppError, type ErrorCode } from '../kit/errors.ts'
import type { Log } from '../kit/log.ts'
import { MAX_MESSAGE, truncate } from '../kit/truncate.ts'
import { traceFields } from '../tracing/trace-context.ts'
import type { Context } from './context.ts'

/**
 * Converts errors for the client. Each error carries `extensions.code`, one of ErrorCode:
 *
 * - AppError: its own code, message and extensions. - A document that does not match the schema: BAD_USER_INPUT. - A
 * body that is too large: PAYLOAD_TOO_LARGE. - Postgres or Redis unavailable: UNAVAILABLE; the request may succeed
 * when repeated. - Any other error is a bug and masked: INTERNAL with the request id under which it is logged.
 */
export function codedError(
  error: GraphQLError,
  { requestId, trace }: Pick<Context, 'requestId' | 'trace'>,
  log: Log,
): GraphQLError {
  const cause = causeOf(error)
  if (cause instanceof AppError) return like(error, cause.message, cause.code, cause.extensions, statusOf(error))
  if (cause instanceof GraphQLError) {
    if (statusOf(cause) === 413) return like(error, 'the body of the request is too large', 'PAYLOAD_TOO_LARGE')
    if (isCallers(error, cause)) return like(error, error.message, 'BAD_USER_INPUT')
  }
  if (isTransientError(cause)) {
    log.warn(
      { err: cause, requestId, ...traceFields(trace), path: error.path },
      'a request failed because a server is unavailable',
    )
    return like(error, 'a required server is temporarily unavailable; try again', 'UNAVAILABLE')
  }
  log.error({ err: cause, requestId, ...traceFields(trace), path: error.path }, 'a request failed')
  return like(error, 'Unexpected error.', 'INTERNAL', { requestId })
}

function causeOf(error: Error): unknown {
  let cause: unknown = error
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError
  return cause
}

const statusOf = ({ extensions: { http } }: GraphQLError): number | undefined =>
  typeof http?.status === 'number' ? http.status : undefined

/**
 * Errors before execution (without a path) are the caller's. During execution only a missing variable is; any other
 * GraphQL error then concerns a value that a resolver returned.
 */
const isCallers = (error: GraphQLError, cause: GraphQLError) =>
  error.path === undefined ? cause.extensions.unexpected !== true : cause.message.startsWith('Argument "')

/** The same location, path and HTTP status with a code. */
function like(
  error: GraphQLError,
  message: string,
  code: ErrorCode,
  extensions: Record<string, unknown> = {},
  status?: number,
): GraphQLError {
  const { nodes, source, positions, path } = error
  // Yoga sets the HTTP status of errors before execution only for the newer media type; AetherLink's own refusals
  // have their status with both.
  const http = status === undefined ? error.extensions.http : { status }
  // The message of graphql-js contains the whole literal.
  return new GraphQLError(truncate(message, MAX_MESSAGE), {
    nodes,
    source,
    positions,
    path,
    extensions: { code, ...extensions, ...(http !== undefined && { http }) },
  })
}
