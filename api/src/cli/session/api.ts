import type { TypedDocumentString } from '../../../../codegen/gql-cli/graphql.ts'
import { type ApiError, apiFailure, EXIT, Failure, unreachable } from './failure.ts'

export interface Credentials {
  /** The URL of the API without a trailing slash. */
  url: string
  /** API key or access token; null if none was found. */
  key: string | null
}

interface Answer<Data> {
  data?: Data | null
  errors?: ApiError[]
}

/** Longer than the API's own limit (OPERATION_TIMEOUT_MS), so that the user sees the API's error. */
const REQUEST_TIMEOUT_MS = 60_000

/** The GraphQL API over HTTP. */
export interface Api extends Credentials {
  /** Runs a query or mutation. Throws Failure for a refused, failed or unreachable request. */
  run<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Data>
  /** Opens a subscription as server-sent events. Throws Failure. */
  open<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
    signal: AbortSignal,
  ): Promise<Response>
  /**
   * Sends a GET request to a path outside GraphQL. Returns the response with any status; throws Failure if there is
   * none.
   */
  get(path: string, signal?: AbortSignal): Promise<Response>
}

export function createApi({ url, key }: Credentials): Api {
  const authorization: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` }
  const send = async (path: string, init: RequestInit) => {
    try {
      return await fetch(`${url}${path}`, { ...init, headers: { ...authorization, ...init.headers } })
    } catch (error) {
      throw unreachable(url, error)
    }
  }
  const post = <Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
    accept: string,
    signal: AbortSignal,
  ) =>
    send('/graphql', {
      method: 'POST',
      // The id is for installations that accept only persisted documents. The text is for installations of another
      // version, which do not know the id.
      body: JSON.stringify({ documentId: document.__meta__?.hash, query: document.toString(), variables }),
      headers: { 'content-type': 'application/json', accept },
      signal,
    })
  return {
    url,
    key,
    async run<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables) {
      const response = await post(document, variables, 'application/json', AbortSignal.timeout(REQUEST_TIMEOUT_MS))
      const { data, errors } = await answerOf<Data>(url, response)
      if (errors?.[0]) throw apiFailure(errors[0])
      if (!data) throw notTheApi(url, response.status)
      return data
    },
    async open(document, variables, signal) {
      const response = await post(document, variables, 'text/event-stream', signal)
      if (response.ok && response.headers.get('content-type')?.startsWith('text/event-stream')) return response
      const { errors } = await answerOf<unknown>(url, response)
      throw errors?.[0] ? apiFailure(errors[0]) : notTheApi(url, response.status)
    },
    get: (path, signal) => send(path, { ...(signal && { signal }) }),
  }
}

/**
 * The JSON of a response. Throws Failure if the body is anything else, because a proxy or another program has answered,
 * or because the connection broke.
 */
async function answerOf<Data>(url: string, response: Response): Promise<Answer<Data>> {
  let text: string
  try {
    text = await response.text()
  } catch (error) {
    throw unreachable(url, error)
  }
  try {
    const answer: unknown = JSON.parse(text)
    if (typeof answer === 'object' && answer !== null) return answer
  } catch {
    // The error for the status follows below.
  }
  throw notTheApi(url, response.status)
}

function notTheApi(url: string, status: number): Failure {
  const away = status === 502 || status === 503 || status === 504
  return new Failure(`${url} answered HTTP ${status} without a GraphQL result`, {
    code: away ? 'UNAVAILABLE' : 'UNREACHABLE',
    exitCode: away ? EXIT.unavailable : EXIT.failure,
    hint: away
      ? 'try again in a moment'
      : 'check that AETHERLINK_URL (or --url) names the API, not the console or a proxy',
  })
}

/** The failure that a plain HTTP response of the API describes. Its body contains problem details (RFC 9457). */
export async function responseFailure(url: string, response: Response): Promise<Failure> {
  const problem: unknown = await response.json().catch(() => null)
  if (typeof problem !== 'object' || problem === null || !('detail' in problem)) return notTheApi(url, response.status)
  const { detail, ...extensions } = problem
  return apiFailure({ message: String(detail), extensions })
}
