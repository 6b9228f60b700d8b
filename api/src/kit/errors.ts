import { MAX_MESSAGE, truncate } from './truncate.ts'

/** The error codes of the API. The contract documents them ("Errors"). */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'RATE_LIMITED'
  | 'PAYLOAD_TOO_LARGE'
  | 'CURSOR_EXPIRED'
  | 'QUERY_TOO_COMPLEX'
  | 'PERSISTED_QUERY_NOT_FOUND'
  | 'UNAVAILABLE'
  | 'INTERNAL'

/** One problem of an input. */
export interface InputIssue {
  path: string[]
  message: string
}

/**
 * An error for the caller. The client gets its message, and its code determines the HTTP status. All other errors are
 * masked.
 */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly extensions: Record<string, unknown>
  constructor(code: ErrorCode, message: string, extensions: Record<string, unknown> = {}) {
    super(truncate(message, MAX_MESSAGE))
    this.name = 'AppError'
    this.code = code
    this.extensions = extensions
  }
}

/** The path as a list of keys. */
export const asPath = (path: string | readonly string[]) => (typeof path === 'string' ? path.split('.') : [...path])

/**
 * Creates BAD_USER_INPUT for one path of the input ("input.url"). The message contains the received value and the
 * accepted ones.
 */
export function badInput(path: string | readonly string[], message: string): AppError {
  const at = asPath(path)
  return new AppError('BAD_USER_INPUT', `${at.join('.')}: ${message}`, { path: at })
}

/** Maximum number of reported problems, and maximum length of a key in their paths. Keys can be texts of the caller. */
const MAX_ISSUES = 100
const MAX_KEY = 100

/** Creates BAD_USER_INPUT that lists all problems. `path` of the error is that of the first problem. */
export function badInputs(problems: readonly InputIssue[]): AppError {
  const issues = problems.slice(0, MAX_ISSUES).map(({ path, message }) => ({
    path: path.map((key) => truncate(key, MAX_KEY)),
    message: truncate(message, MAX_MESSAGE),
  }))
  const [first] = issues
  if (!first) throw new Error('badInputs was called without an issue')
  const message = issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  return new AppError('BAD_USER_INPUT', message, { path: first.path, issues })
}

/**
 * Converts the error of one item to an error of the whole input. Its paths start at the item, so `root` ("input", "3")
 * is added in front. An error without a path gets the path of the item.
 */
export function underPath(root: readonly string[], { code, message, extensions }: AppError): AppError {
  if (Array.isArray(extensions.issues))
    return badInputs((extensions.issues as InputIssue[]).map((issue) => ({ ...issue, path: [...root, ...issue.path] })))
  const relative = Array.isArray(extensions.path) ? extensions.path.map(String) : []
  const path = [...root, ...relative]
  const namesField = relative.length > 0 && message.startsWith(`${relative.join('.')}: `)
  return new AppError(code, namesField ? `${root.join('.')}.${message}` : message, { ...extensions, path })
}

/**
 * Creates NOT_FOUND. It is used for missing rows and for rows of another tenant, so that the response does not reveal
 * whether a row exists.
 */
export const notFound = (what: string, id: string): AppError => new AppError('NOT_FOUND', `there is no ${what} ${id}`)

export const conflict = (message: string, extensions: Record<string, unknown> = {}): AppError =>
  new AppError('CONFLICT', message, extensions)

/**
 * Creates a denial. `requiredRole` is set if the caller lacks a role, `tenant` if the caller tried to access another
 * tenant.
 */
export const forbidden = (
  message: string,
  extensions: { requiredRole?: string; path?: string[]; tenant?: string } = {},
): AppError => new AppError('FORBIDDEN', message, extensions)
