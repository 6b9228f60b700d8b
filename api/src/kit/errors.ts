import { MAX_MESSAGE, truncate } from './truncate.ts'

/** The codes an operation can end with; the API documents them (contract: "Errors"). */
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

/** One thing wrong with an input: where, and what. */
export interface InputIssue {
  path: string[]
  message: string
}

/** An error meant for the caller: its message is shown, its code decides the status. Anything else is masked. */
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

/** A place in the input, by its keys. */
export const asPath = (path: string | readonly string[]) => (typeof path === 'string' ? path.split('.') : [...path])

/** BAD_USER_INPUT at an input path ("input.url"): says what came and what would do. */
export function badInput(path: string | readonly string[], message: string): AppError {
  const at = asPath(path)
  return new AppError('BAD_USER_INPUT', `${at.join('.')}: ${message}`, { path: at })
}

/** Issues that are told at once, and characters of a key in their paths: some are the caller's own. */
const MAX_ISSUES = 100
const MAX_KEY = 100

/** BAD_USER_INPUT with everything that is wrong at once; `path` is that of the first. */
export function badInputs(found: readonly InputIssue[]): AppError {
  const issues = found.slice(0, MAX_ISSUES).map(({ path, message }) => ({
    path: path.map((key) => truncate(key, MAX_KEY)),
    message: truncate(message, MAX_MESSAGE),
  }))
  const [first] = issues
  if (!first) throw new Error('badInputs without an issue')
  const message = issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  return new AppError('BAD_USER_INPUT', message, { path: first.path, issues })
}

/** NOT_FOUND, for what does not exist and for what belongs to another tenant alike: existence is not disclosed. */
export const notFound = (what: string, id: string): AppError => new AppError('NOT_FOUND', `there is no ${what} ${id}`)

export const conflict = (message: string, extensions: Record<string, unknown> = {}): AppError =>
  new AppError('CONFLICT', message, extensions)

/** A denial; `requiredRole` where it takes a role that the caller has not, `tenant` where it reached for another's rows. */
export const forbidden = (
  message: string,
  extensions: { requiredRole?: string; path?: string[]; tenant?: string } = {},
): AppError => new AppError('FORBIDDEN', message, extensions)
