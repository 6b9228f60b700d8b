import { CombinedGraphQLErrors, ServerError, ServerParseError } from '@apollo/client/errors'

/** An error as the page shows it. `code` is one of the API's documented codes. */
export interface Problem {
  code: string
  title: string
  detail: string
  /** Names the request in the API's log. */
  requestId: string | null
}

const TITLES: Record<string, string> = {
  UNAUTHENTICATED: 'You are signed out',
  FORBIDDEN: 'Your role does not allow this',
  BAD_USER_INPUT: 'The API does not take this',
  NOT_FOUND: 'Not found',
  CONFLICT: 'Already under way',
  RATE_LIMITED: 'Too many requests',
  QUERY_TOO_COMPLEX: 'This asks for too much at once',
  UNAVAILABLE: 'The API does not answer',
  INTERNAL: 'Something went wrong in the API',
}

const problem = (code: string, detail: string, requestId: unknown = null, reason?: unknown): Problem => ({
  code,
  title: reason === 'provider' ? 'The identity provider does not answer' : (TITLES[code] ?? 'Something went wrong'),
  detail,
  requestId: typeof requestId === 'string' ? requestId : null,
})

/** What the same request would run into again. */
const LASTING = new Set(['BAD_USER_INPUT', 'NOT_FOUND', 'FORBIDDEN', 'QUERY_TOO_COMPLEX'])

export const isLasting = ({ code }: Problem): boolean => LASTING.has(code)

/** What any error of an operation means to a reader: its code, a title and a sentence. */
export function problemOf(error: unknown): Problem {
  if (CombinedGraphQLErrors.is(error)) {
    const [first] = error.errors
    const code = first?.extensions?.code
    return problem(
      typeof code === 'string' ? code : 'INTERNAL',
      first?.message ?? error.message,
      first?.extensions?.requestId,
      first?.extensions?.reason,
    )
  }
  if (ServerError.is(error)) {
    if (error.statusCode === 401) return problem('UNAUTHENTICATED', 'Sign in again.')
    const code = error.statusCode >= 502 && error.statusCode <= 504 ? 'UNAVAILABLE' : 'INTERNAL'
    return problem(code, `The answer had status ${error.statusCode}.`)
  }
  if (ServerParseError.is(error)) return problem('INTERNAL', 'The answer was not readable.')
  // fetch rejects with a TypeError when no answer came at all.
  if (error instanceof TypeError)
    return problem('UNAVAILABLE', 'This page cannot reach its server. Is the network there?')
  return problem('INTERNAL', error instanceof Error ? error.message : 'An unknown error.')
}
