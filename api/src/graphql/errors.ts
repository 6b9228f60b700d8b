import { GraphQLError } from 'graphql'
import { isTransientError } from '../db/transient-errors.ts'
import { AppError, type ErrorCode } from '../kit/errors.ts'
import type { Log } from '../kit/log.ts'
import { MAX_MESSAGE, truncate } from '../kit/truncate.ts'

/**
 * What a caller is told of an error. Each error carries `extensions.code`, one of ErrorCode:
 *
 * - AppError: its own code, message and extensions.
 * - A document that does not fit the schema: BAD_USER_INPUT.
 * - A body that is too large: PAYLOAD_TOO_LARGE.
 * - Postgres or Redis away: UNAVAILABLE; the same request may succeed in a moment.
 * - Everything else is ours and masked: INTERNAL, with the id of the request under which it is in the log.
 */
export function codedError(error: GraphQLError, requestId: string, log: Log): GraphQLError {
  const cause = causeOf(error)
  if (cause instanceof AppError) return like(error, cause.message, cause.code, cause.extensions, statusOf(error))
  if (cause instanceof GraphQLError) {
    if (statusOf(cause) === 413) return like(error, 'the body of the request is too large', 'PAYLOAD_TOO_LARGE')
    if (isCallers(error, cause)) return like(error, error.message, 'BAD_USER_INPUT')
  }
  if (isTransientError(cause)) {
    log.warn({ err: cause, requestId, path: error.path }, 'a request met a server that is away')
    return like(error, 'a server that this needs is away for the moment; try again', 'UNAVAILABLE')
  }
  log.error({ err: cause, requestId, path: error.path }, 'a request failed')
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
 * Before execution (no path) everything that GraphQL and Yoga find wrong is the caller's. During execution only a missing
 * variable is: what else GraphQL then says is about a value that we could not answer.
 */
const isCallers = (error: GraphQLError, cause: GraphQLError) =>
  error.path === undefined ? cause.extensions.unexpected !== true : cause.message.startsWith('Argument "')

/** The same place in document and result, and the same HTTP status, with a code. */
function like(
  error: GraphQLError,
  message: string,
  code: ErrorCode,
  extensions: Record<string, unknown> = {},
  status?: number,
): GraphQLError {
  const { nodes, source, positions, path } = error
  // Yoga holds what is found before execution to be told by status in the newer media type alone; what we refuse there
  // ourselves has its status in both.
  const http = status === undefined ? error.extensions.http : { status }
  // What graphql-js says of a literal has all of it.
  return new GraphQLError(truncate(message, MAX_MESSAGE), {
    nodes,
    source,
    positions,
    path,
    extensions: { code, ...extensions, ...(http !== undefined && { http }) },
  })
}
