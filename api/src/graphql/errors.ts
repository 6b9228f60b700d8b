import { GraphQLError } from 'graphql'
import { isTransientError } from '../db/transient-errors.ts'
import { AppError, type ErrorCode } from '../kit/errors.ts'
import type { Log } from '../kit/log.ts'
import { MAX_MESSAGE, truncate } from '../kit/truncate.ts'
import { traceFields } from '../tracing/trace-context.ts'
import type { Context } from './context.ts'

/**
 * Converts an error for the client. `extensions.code` is one of ErrorCode:
 *
 * - An AppError keeps its code, message and extensions.
 * - A document that does not match the schema gets BAD_USER_INPUT.
 * - A body that is too large gets PAYLOAD_TOO_LARGE.
 * - If PostgreSQL or Redis is unavailable, the code is UNAVAILABLE, and the client may repeat the request.
 * - Any other error is a bug. The client gets INTERNAL and the request id, with which the error is logged.
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
 * Whether the caller has caused an error. Before execution (without a path) the caller has caused all errors. During
 * execution only a missing variable is the caller's fault; all other GraphQL errors are about a value that a resolver
 * returned.
 */
const isCallers = (error: GraphQLError, cause: GraphQLError) =>
  error.path === undefined ? cause.extensions.unexpected !== true : cause.message.startsWith('Argument "')

/** The same error with a code; location, path and HTTP status stay. */
function like(
  error: GraphQLError,
  message: string,
  code: ErrorCode,
  extensions: Record<string, unknown> = {},
  status?: number,
): GraphQLError {
  const { nodes, source, positions, path } = error
  // For errors before execution, Yoga sets an HTTP status only if the client accepts the newer media type. AetherLink's
  // own refusals always have a status.
  const http = status === undefined ? error.extensions.http : { status }
  // graphql-js repeats the whole literal in the message.
  return new GraphQLError(truncate(message, MAX_MESSAGE), {
    nodes,
    source,
    positions,
    path,
    extensions: { code, ...extensions, ...(http !== undefined && { http }) },
  })
}
