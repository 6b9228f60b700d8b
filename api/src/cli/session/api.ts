import type { TypedDocumentString } from '../../../../codegen/gql-cli/graphql.ts'
import { type ApiError, apiFailure, EXIT, Failure, unreachable } from './failure.ts'

export interface Credentials {
  /** The URL of the API without a trailing slash. */
  url: string
  /** API key or access token; null: none was found. */
  key: string | null
}

interface Answer<Data> {
  data?: Data | null
  errors?: ApiError[]
}

/** Longer than the API's own limit for an operation (OPERATION_TIMEOUT_MS), so that the API's error is shown. */
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
  /** GET of a path outside GraphQL. Returns any status; throws Failure without a response. */
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
      // An installation that accepts only persisted documents needs the id; one of another version needs the text.
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

/** The JSON of a response. Throws Failure for any other body: from a proxy, another program, or a broken connection. */
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
    // The status reports it below.
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

/** The failure of a plain HTTP response of the API, whose body has problem details (RFC 9457). */
export async function responseFailure(url: string, response: Response): Promise<Failure> {
  const problem: unknown = await response.json().catch(() => null)
  if (typeof problem !== 'object' || problem === null || !('detail' in problem)) return notTheApi(url, response.status)
  const { detail, ...extensions } = problem
  return apiFailure({ message: String(detail), extensions })
}
