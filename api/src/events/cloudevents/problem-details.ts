import { STATUS_CODES } from 'node:http'
import { STATUS, setRefusalHeaders, statusOf } from '../../http/error-response.ts'
import { type RequestContext, sendText } from '../../http/request-context.ts'
import { AppError, type ErrorCode, type InputIssue } from '../../kit/errors.ts'
import type { Mode } from './media-type.ts'

/** Where an event stood in its request. */
export interface Place {
  mode: Mode
  /** In a batch. */
  index?: number
}

/** One thing wrong: a JSON pointer into the body as a URI fragment (RFC 6901, section 6), or the name of a header. */
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
  /** With 429: milliseconds. */
  retryAfterMs?: unknown
}

const MAX_ERRORS = 100
const MAX_IN_DETAIL = 10
/** Seconds. A server that restarts takes about as long. */
const RETRY_AFTER = 2

/** A refusal with its own HTTP status. */
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
 * The refusal of an event that could not be read or published: says of everything that is wrong where it came from. What the
 * publisher says of its input's fields is said of the attributes that they came from; `published` tells that the event was
 * a sound CloudEvent: data that its type does not allow is then 422.
 */
export function refusalOf(error: AppError, place: Place, published = false): AppError {
  const issues = issuesOf(error).map(({ path, message }) => ({ path: published ? renamed(path) : path, message }))
  if (issues.length === 0) return error
  const errors = issues.map(({ path, message }) => ({ ...locate(path, place, published), detail: message }))
  const unfit = published && error.code === 'BAD_USER_INPUT' && issues.every(({ path }) => path[0] === 'data')
  return refusal(unfit ? 422 : STATUS[error.code], error.code, summary(errors), errors)
}

/** "ce-id: is required; ce-type: is required", of the first ten. */
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
    // The name of the field is that of the GraphQL API; here it is filled from the attribute id.
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

/** The publisher's fields, and the attributes that they are made of. */
const ATTRIBUTES = new Map([
  ['payload', 'data'],
  ['occurredAt', 'time'],
  ['idempotencyKey', 'id'],
  ['tenantId', 'tenantid'],
  ['severity', 'severitytext'],
  ['correlationId', 'correlationid'],
  ['causationId', 'causationid'],
])

const renamed = ([first, ...rest]: readonly string[]): string[] =>
  first === undefined ? [] : [ATTRIBUTES.get(first) ?? first, ...rest]

/** What an error says is wrong, in whichever way it says it (kit/errors.ts, identity/tenant-scope.ts). */
function issuesOf({ message, extensions }: AppError): InputIssue[] {
  if (Array.isArray(extensions.issues)) return extensions.issues as InputIssue[]
  const named = /^(\w*): /.exec(message)
  const path = Array.isArray(extensions.path) ? (extensions.path as string[]) : named && [named[1]!]
  if (!path) return []
  const prefix = `${path.join('.')}: `
  return [{ path, message: message.startsWith(prefix) ? message.slice(prefix.length) : message }]
}

/** An empty path is the event as a whole; in binary mode, the body. */
function locate(
  path: readonly string[],
  { mode, index }: Place,
  published: boolean,
): { pointer: string } | { header: string } {
  if (mode !== 'binary') return { pointer: pointer(index === undefined ? path : [String(index), ...path]) }
  const [first, ...rest] = path
  // Of what came in headers, one may have been called ce-data.
  if (first === undefined || (published && first === 'data')) return { pointer: pointer(rest) }
  return { header: first === 'datacontenttype' ? 'content-type' : `ce-${first}` }
}

/** RFC 6901, sections 3 and 6. A key of hostile data may be long, or no Unicode. */
const pointer = (path: readonly string[]): string =>
  `#${path.map((key) => `/${encodeURIComponent(escapeKey(key.slice(0, 100)))}`).join('')}`

const escapeKey = (key: string) =>
  key
    .replace(/\p{Cs}/gu, '\ufffd')
    .replaceAll('~', '~0')
    .replaceAll('/', '~1')
