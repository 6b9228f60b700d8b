import { STATUS_CODES } from 'node:http'
import { STATUS, setRefusalHeaders, statusOf } from '../../http/error-response.ts'
import { type RequestContext, sendText } from '../../http/request-context.ts'
import { AppError, type ErrorCode, type InputIssue } from '../../kit/errors.ts'
import type { Mode } from './media-type.ts'

/** The position of an event in its request. */
export interface Place {
  mode: Mode
  /** Index in a batch. */
  index?: number
}

/**
 * One problem. It is located by a JSON pointer into the body as a URI fragment (RFC 6901, section 6) or by a header
 * name.
 */
export interface ProblemError {
  pointer?: string
  header?: string
  detail: string
}

/** Problem details (RFC 9457); `code`, `errors` and `requestId` are extensions. */
export interface Problem {
  type: 'about:blank'
  title: string
  status: number
  detail: string
  code: ErrorCode
  errors?: readonly ProblemError[]
  requestId?: unknown
  /** Present with 429; milliseconds. */
  retryAfterMs?: unknown
}

const MAX_ERRORS = 100
const MAX_IN_DETAIL = 10
/** Seconds; about the duration of a server restart. */
const RETRY_AFTER = 2

/** An error with its HTTP status and problem details. */
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
 * Turns an error of reading or publishing an event into a refusal that locates every problem in the request. The
 * publisher's field names are translated to attribute names. `published` is true for a valid CloudEvent: data that
 * violates its type's schema is then 422 instead of 400.
 */
export function refusalOf(error: AppError, place: Place, published = false): AppError {
  const issues = issuesOf(error).map(({ path, message }) => ({ path: published ? renamed(path) : path, message }))
  if (issues.length === 0) return error
  const errors = issues.map(({ path, message }) => ({ ...locate(path, place, published), detail: message }))
  const unfit = published && error.code === 'BAD_USER_INPUT' && issues.every(({ path }) => path[0] === 'data')
  return refusal(unfit ? 422 : STATUS[error.code], error.code, summary(errors), errors)
}

/** For example "ce-id: is required; ce-type: is required"; lists the first ten problems. */
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
    // The message names the GraphQL field, which is filled from the attribute `id`.
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

/** Maps the publisher's fields to CloudEvents attributes. */
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

/** Extracts the issues of an error in any of its forms (kit/errors.ts, identity/tenant-scope.ts). */
function issuesOf({ message, extensions }: AppError): InputIssue[] {
  if (Array.isArray(extensions.issues)) return extensions.issues as InputIssue[]
  const named = /^(\w*): /.exec(message)
  const path = Array.isArray(extensions.path) ? (extensions.path as string[]) : named && [named[1]!]
  if (!path) return []
  const prefix = `${path.join('.')}: `
  return [{ path, message: message.startsWith(prefix) ? message.slice(prefix.length) : message }]
}

/** An empty path means the whole event or, in binary mode, the body. */
function locate(
  path: readonly string[],
  { mode, index }: Place,
  published: boolean,
): { pointer: string } | { header: string } {
  if (mode !== 'binary') return { pointer: pointer(index === undefined ? path : [String(index), ...path]) }
  const [first, ...rest] = path
  // A header may itself be named ce-data.
  if (first === undefined || (published && first === 'data')) return { pointer: pointer(rest) }
  return { header: first === 'datacontenttype' ? 'content-type' : `ce-${first}` }
}

/** RFC 6901, sections 3 and 6. A key in hostile data may be long or contain invalid Unicode. */
const pointer = (path: readonly string[]): string =>
  `#${path.map((key) => `/${encodeURIComponent(escapeKey(key.slice(0, 100)))}`).join('')}`

const escapeKey = (key: string) =>
  key
    .replace(/\p{Cs}/gu, '\ufffd')
    .replaceAll('~', '~0')
    .replaceAll('/', '~1')
