/** The exit codes of all commands. docs/cli.md documents them, and scripts rely on them. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  forbidden: 4,
  unavailable: 5,
  partial: 6,
  /** By the convention of shells, the exit code of a command that Ctrl-C has ended. */
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export interface FailureDetails {
  /** The code of the API's error, or a code of the command line itself (USAGE, UNREACHABLE). */
  code: string
  exitCode: ExitCode
  /** The name of the invalid field or option. */
  field?: string | undefined
  /** Advice for the user. */
  hint?: string | undefined
  requestId?: string | undefined
  extensions?: Readonly<Record<string, unknown>> | undefined
}

/** Why a command failed. main.ts prints it once. */
export class Failure extends Error {
  readonly details: FailureDetails
  constructor(message: string, details: FailureDetails, cause?: unknown) {
    super(message, { cause })
    this.name = 'Failure'
    this.details = details
  }
}

export const usage = (message: string, field?: string) =>
  new Failure(message, { code: 'USAGE', exitCode: EXIT.usage, field })

export const notFound = (what: string, id: string) =>
  new Failure(`there is no ${what} ${id}`, { code: 'NOT_FOUND', exitCode: EXIT.notFound })

export interface ApiError {
  message: string
  extensions?: Readonly<Record<string, unknown>> | undefined
}

const EXIT_OF_CODE: Readonly<Record<string, ExitCode>> = {
  BAD_USER_INPUT: EXIT.usage,
  QUERY_TOO_COMPLEX: EXIT.usage,
  PAYLOAD_TOO_LARGE: EXIT.usage,
  NOT_FOUND: EXIT.notFound,
  UNAUTHENTICATED: EXIT.forbidden,
  FORBIDDEN: EXIT.forbidden,
  UNAVAILABLE: EXIT.unavailable,
  RATE_LIMITED: EXIT.unavailable,
}

/** The exit code for the code of an API error; 1 if the code has no exit code of its own. */
export const exitCodeOf = (code: string): ExitCode => EXIT_OF_CODE[code] ?? EXIT.failure

/** Converts the first error of a response into a Failure. */
export function apiFailure({ message, extensions = {} }: ApiError): Failure {
  const code = typeof extensions.code === 'string' ? extensions.code : 'INTERNAL'
  const path = Array.isArray(extensions.path) ? extensions.path.join('.') : undefined
  return new Failure(message, {
    code,
    exitCode: exitCodeOf(code),
    field: path || undefined,
    hint: hintOf(code, extensions),
    requestId: typeof extensions.requestId === 'string' ? extensions.requestId : undefined,
    extensions,
  })
}

function hintOf(code: string, extensions: Readonly<Record<string, unknown>>): string | undefined {
  switch (code) {
    case 'UNAUTHENTICATED':
      return 'set AETHERLINK_KEY to an API key that is neither expired nor revoked'
    case 'FORBIDDEN':
      return typeof extensions.requiredRole === 'string'
        ? `use a key with the role ${extensions.requiredRole}`
        : 'use a key with a higher role, or of that tenant'
    case 'RATE_LIMITED':
      return typeof extensions.retryAfterMs === 'number'
        ? `try again in ${Math.ceil(extensions.retryAfterMs / 1_000)} s`
        : 'try again later, or with fewer at once'
    case 'UNAVAILABLE':
      return 'try again in a moment; aetherlink doctor shows what is down'
    case 'CURSOR_EXPIRED':
      return typeof extensions.oldestCursor === 'string'
        ? `events were pruned; continue with --after ${extensions.oldestCursor}`
        : 'events were pruned; continue without --after'
    case 'INTERNAL':
      return 'the log of the API has the reason under the id of the request'
    default:
      return undefined
  }
}

/** The failure if the API cannot be reached, or the connection broke. */
export const unreachable = (url: string, cause: unknown) =>
  new Failure(
    `the API at ${url} cannot be reached: ${reasonOf(cause)}`,
    {
      code: 'UNREACHABLE',
      exitCode: EXIT.unavailable,
      hint: 'check that it runs, and that AETHERLINK_URL (or --url) names it',
    },
    cause,
  )

/** The innermost message of an error, because fetch hides the reason in `cause`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message || error.name
}

/** Converts any error into a Failure. An unexpected error is a bug of this program. */
export const asFailure = (error: unknown): Failure =>
  error instanceof Failure ? error : new Failure(reasonOf(error), { code: 'INTERNAL', exitCode: EXIT.failure }, error)
