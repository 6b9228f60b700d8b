import { MAX_MESSAGE, truncate } from './truncate.ts'

/** Error codes of the API (documented in the contract, "Errors"). */
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

/** One problem of an input: its path and message. */
export interface InputIssue {
  path: string[]
  message: string
}

/**
 * An error for the caller: the client sees its message, and its code determines the status. All other errors are
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

/** Path in the input. */
export const asPath = (path: string | readonly string[]) => (typeof path === 'string' ? path.split('.') : [...path])

/** Creates BAD_USER_INPUT at an input path ("input.url"). The message says what was received and what is accepted. */
export function badInput(path: string | readonly string[], message: string): AppError {
  const at = asPath(path)
  return new AppError('BAD_USER_INPUT', `${at.join('.')}: ${message}`, { path: at })
}

/** Maximum number of reported issues, and maximum length of a key in their paths: keys can be text of the caller. */
const MAX_ISSUES = 100
const MAX_KEY = 100

/** Creates BAD_USER_INPUT with all problems at once; `path` is that of the first. */
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
 * The error of one item of an input as an error of the whole input: its paths, which start at the item, continue `root`
 * ("input", "3"). An error without a path gets the path of the item.
 */
export function underPath(root: readonly string[], { code, message, extensions }: AppError): AppError {
  if (Array.isArray(extensions.issues))
    return badInputs((extensions.issues as InputIssue[]).map((issue) => ({ ...issue, path: [...root, ...issue.path] })))
  const relative = Array.isArray(extensions.path) ? extensions.path.map(String) : []
  const path = [...root, ...relative]
  const namesField = relative.length > 0 && message.startsWith(`${relative.join('.')}: `)
  return new AppError(code, namesField ? `${root.join('.')}.${message}` : message, { ...extensions, path })
}

/** Creates NOT_FOUND. It covers both missing rows and rows of another tenant, so that existence is not disclosed. */
export const notFound = (what: string, id: string): AppError => new AppError('NOT_FOUND', `there is no ${what} ${id}`)

export const conflict = (message: string, extensions: Record<string, unknown> = {}): AppError =>
  new AppError('CONFLICT', message, extensions)

/** Creates a denial. `requiredRole` is set if the caller lacks a role, `tenant` if it accessed another tenant. */
export const forbidden = (
  message: string,
  extensions: { requiredRole?: string; path?: string[]; tenant?: string } = {},
): AppError => new AppError('FORBIDDEN', message, extensions)
