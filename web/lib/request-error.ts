import { CombinedGraphQLErrors, ServerError, ServerParseError } from '@apollo/client/errors'

/** An error as pages show it. `code` is one of the API's documented codes. */
export interface Problem {
  code: string
  title: string
  detail: string
  /** Identifies the request in the API's log. */
  requestId: string | null
  /** The problems of single fields of the input. */
  issues: readonly Issue[]
}

export interface Issue {
  /** Path of the field in the variables, such as input, url. */
  path: readonly string[]
  message: string
}

const TITLES: Record<string, string> = {
  UNAUTHENTICATED: 'You are signed out',
  FORBIDDEN: 'Your role does not allow this',
  BAD_USER_INPUT: 'The API does not accept this',
  NOT_FOUND: 'Not found',
  CONFLICT: 'There is a conflict',
  RATE_LIMITED: 'Too many requests',
  PAYLOAD_TOO_LARGE: 'This is too large',
  CURSOR_EXPIRED: 'The position has expired',
  QUERY_TOO_COMPLEX: 'The query is too complex',
  UNAVAILABLE: 'The API does not answer',
  INTERNAL: 'Something went wrong in the API',
}

/** A problem found by the page itself, or built from parts of a response. */
export const makeProblem = (code: string, detail: string, more: Partial<Problem> = {}): Problem => ({
  code,
  title: TITLES[code] ?? 'Something went wrong',
  detail,
  requestId: null,
  issues: [],
  ...more,
})

/** Codes after which a retry of the same request would fail again. */
const LASTING = new Set(['BAD_USER_INPUT', 'NOT_FOUND', 'FORBIDDEN', 'QUERY_TOO_COMPLEX'])

export const isLasting = ({ code }: Problem): boolean => LASTING.has(code)

/** Converts any error of an operation to a problem with a code, a title and a sentence. */
export function problemOf(error: unknown): Problem {
  if (CombinedGraphQLErrors.is(error)) {
    const [first] = error.errors
    const { code, requestId, reason, path, issues } = first?.extensions ?? {}
    const detail = first?.message ?? error.message
    return makeProblem(typeof code === 'string' ? code : 'INTERNAL', detail, {
      ...(reason === 'provider' && { title: 'The identity provider does not answer' }),
      requestId: typeof requestId === 'string' ? requestId : null,
      issues: issuesIn(issues) ?? issuesIn([{ path, message: detail }]) ?? [],
    })
  }
  if (ServerError.is(error)) {
    if (error.statusCode === 401) return makeProblem('UNAUTHENTICATED', 'Sign in again.')
    const code = error.statusCode >= 502 && error.statusCode <= 504 ? 'UNAVAILABLE' : 'INTERNAL'
    return makeProblem(code, `The response had status ${error.statusCode}.`)
  }
  if (ServerParseError.is(error)) return makeProblem('INTERNAL', 'The response could not be read.')
  // fetch rejects with a TypeError if there was no response.
  if (error instanceof TypeError)
    return makeProblem('UNAVAILABLE', 'This page cannot reach its server. Check the network.')
  return makeProblem('INTERNAL', error instanceof Error ? error.message : 'An unknown error.')
}

function issuesIn(value: unknown): Issue[] | null {
  if (!Array.isArray(value)) return null
  const issues = value.flatMap((one): Issue[] => {
    const { path, message } = typeof one === 'object' && one !== null ? { path: null, message: null, ...one } : {}
    return Array.isArray(path) && typeof message === 'string' ? [{ path: path.map(String), message }] : []
  })
  return issues.length > 0 ? issues : null
}
