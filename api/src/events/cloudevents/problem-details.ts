import { STATUS_CODES } from 'node:http'
import { STATUS, setRefusalHeaders, statusOf } from '../../http/error-response.ts'
import { type RequestContext, sendText } from '../../http/request-context.ts'
import { AppError, type ErrorCode, type InputIssue } from '../../kit/errors.ts'
import type { Mode } from './media-type.ts'

/** Where an event is in its request. */
export interface Place {
  mode: Mode
  /** The index of the event in its batch. */
  index?: number
}

/**
 * One problem. Its location is either a JSON pointer into the body as a URI fragment (RFC 6901, section 6) or the name
 * of a header.
 */
export interface ProblemError {
  pointer?: string
  header?: string
  detail: string
}

/** Problem details (RFC 9457). `code`, `errors` and `requestId` are extensions. */
export interface Problem {
  type: 'about:blank'
  title: string
  status: number
  detail: string
  code: ErrorCode
  errors?: readonly ProblemError[]
  requestId?: unknown
  /** Milliseconds. Only in a response with status 429. */
  retryAfterMs?: unknown
}

const MAX_ERRORS = 100
const MAX_IN_DETAIL = 10
/** In seconds. About as long as a server restart takes. */
const RETRY_AFTER = 2

/** An error with an HTTP status and the content of its problem details. */
export const refusal = (
  status: number,
  code: ErrorCode,
  detail: string,
  errors?: readonly ProblemError[],
  retryAfterMs?: unknown,
): AppError =>
  new AppError(code, detail, {
    status,
    ...(errors && errors.length > 0 && { errors: errors.slice(0, MAX_ERRORS) }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })

/**
 * Converts an error from reading or publishing an event to a refusal that contains the location of every problem.
 * `published` is true if the error comes from the publisher, so the event is a valid CloudEvent. In that case the
 * publisher's field names become attribute names, and data that violates the schema of its type gets status 422 instead
 * of 400.
 */
export function refusalOf(error: AppError, place: Place, published = false): AppError {
  const issues = issuesOf(error).map(({ path, message }) => ({ path: published ? renamed(path) : path, message }))
  if (issues.length === 0) return error
  const errors = issues.map(({ path, message }) => ({ ...locate(path, place, published), detail: message }))
  const unfit = published && error.code === 'BAD_USER_INPUT' && issues.every(({ path }) => path[0] === 'data')
  return refusal(unfit ? 422 : STATUS[error.code], error.code, summary(errors), errors)
}

/**
 * One text for all problems, such as "ce-id: is required; ce-type: is required". It contains at most MAX_IN_DETAIL of
 * them.
 */
export function summary(errors: readonly ProblemError[]): string {
  const said = errors.slice(0, MAX_IN_DETAIL).map(({ header, pointer, detail }) => {
    const where = header ?? pointer?.slice(2).replaceAll('/', '.')
    return where ? `${where}: ${detail}` : `the body ${detail}`
  })
  if (errors.length > said.length) said.push(`and ${errors.length - said.length} more`)
  return said.join('; ')
}

export const errorsOf = ({ extensions }: AppError): readonly ProblemError[] =>
  (extensions.errors as readonly ProblemError[] | undefined) ?? []

export function problemOf(error: AppError): Problem {
  const { code, message, extensions } = error
  const status = statusOf(error)
  const errors = errorsOf(error)
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    // The message contains the name of the GraphQL field, but the client knows it as the attribute `id`.
    detail: message.replaceAll('idempotencyKey', 'id'),
    code,
    ...(errors.length > 0 && { errors }),
    ...(extensions.requestId !== undefined && { requestId: extensions.requestId }),
    ...(extensions.retryAfterMs !== undefined && { retryAfterMs: extensions.retryAfterMs }),
  }
}

export function sendRefusal(exchange: RequestContext, error: AppError): void {
  const problem = problemOf(error)
  if (problem.status === 503) exchange.res.setHeader('retry-after', RETRY_AFTER)
  setRefusalHeaders(exchange, problem.status, error)
  sendText(exchange.res, problem.status, JSON.stringify(problem), 'application/problem+json')
}

/** CloudEvents attributes by the publisher's field names. */
const ATTRIBUTES = new Map([
  ['payload', 'data'],
  ['occurredAt', 'time'],
  ['idempotencyKey', 'id'],
  ['tenantId', 'tenantid'],
  ['severity', 'severitytext'],
  ['correlationId', 'correlationid'],
  ['causationId', 'causationid'],
  ['expiresAt', 'expirytime'],
])

const renamed = ([first, ...rest]: readonly string[]): string[] =>
  first === undefined ? [] : [ATTRIBUTES.get(first) ?? first, ...rest]

/**
 * The problems that an error describes, in any of the forms that errors have (kit/errors.ts, identity/tenant-scope.ts).
 */
function issuesOf({ message, extensions }: AppError): InputIssue[] {
  if (Array.isArray(extensions.issues)) return extensions.issues as InputIssue[]
  const named = /^(\w*): /.exec(message)
  const path = Array.isArray(extensions.path) ? (extensions.path as string[]) : named && [named[1]!]
  if (!path) return []
  const prefix = `${path.join('.')}: `
  return [{ path, message: message.startsWith(prefix) ? message.slice(prefix.length) : message }]
}

/** The location of a problem. An empty path refers to the whole event; in binary mode, to the body. */
function locate(
  path: readonly string[],
  { mode, index }: Place,
  published: boolean,
): { pointer: string } | { header: string } {
  if (mode !== 'binary') return { pointer: pointer(index === undefined ? path : [String(index), ...path]) }
  const [first, ...rest] = path
  // Only an error of the publisher refers to the body as `data`; otherwise a header ce-data is meant.
  if (first === undefined || (published && first === 'data')) return { pointer: pointer(rest) }
  return { header: first === 'datacontenttype' ? 'content-type' : `ce-${first}` }
}

/** A JSON pointer (RFC 6901, sections 3 and 6). A key in hostile data may be long or contain invalid Unicode. */
const pointer = (path: readonly string[]): string =>
  `#${path.map((key) => `/${encodeURIComponent(escapeKey(key.slice(0, 100)))}`).join('')}`

const escapeKey = (key: string) =>
  key
    .replace(/\p{Cs}/gu, '\ufffd')
    .replaceAll('~', '~0')
    .replaceAll('/', '~1')
