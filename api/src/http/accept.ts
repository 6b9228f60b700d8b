import type { IncomingMessage } from 'node:http'
import { isJson } from './body.ts'

export const JSON_TYPE = 'application/json'
export const GRAPHQL_TYPE = 'application/graphql-response+json'
export const STREAM_TYPE = 'text/event-stream'

/** What one result is answered in, and whether a stream of results may be. */
export interface Accepted {
  type: typeof JSON_TYPE | typeof GRAPHQL_TYPE | typeof STREAM_TYPE
  stream: boolean
}

/** What clients that want one answer send, and what Yoga answers it in. The fourth is Apollo Client's. */
const PLAIN = new Map<string | undefined, Accepted['type']>([
  [undefined, JSON_TYPE],
  ['*/*', JSON_TYPE],
  [JSON_TYPE, JSON_TYPE],
  [`${GRAPHQL_TYPE},${JSON_TYPE};q=0.9`, GRAPHQL_TYPE],
  [GRAPHQL_TYPE, GRAPHQL_TYPE],
])

/**
 * How a request is answered when it is of a kind that does without Yoga's handling of HTTP; else null. Whoever takes a
 * stream, perhaps among other types, is of that kind however it asks: a browser's EventSource does by GET.
 */
export function acceptedBy({ method, headers }: IncomingMessage): Accepted | null {
  const { accept } = headers
  if (accept?.includes(STREAM_TYPE)) {
    const types = accept.split(',').map((type) => type.split(';', 1)[0]?.trim())
    const type = types.find((each) => each === GRAPHQL_TYPE || each === JSON_TYPE || each === STREAM_TYPE)
    return { type: (type as Accepted['type']) ?? STREAM_TYPE, stream: true }
  }
  const type = method === 'POST' && isJson(headers['content-type']) ? PLAIN.get(accept) : undefined
  return type ? { type, stream: false } : null
}
