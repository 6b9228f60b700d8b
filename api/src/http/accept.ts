import type { IncomingMessage } from 'node:http'
import { isJson } from './body.ts'

export const JSON_TYPE = 'application/json'
export const GRAPHQL_TYPE = 'application/graphql-response+json'
export const STREAM_TYPE = 'text/event-stream'

/** The media type for a response with a single result, and whether the client accepts a stream. */
export interface Accepted {
  type: typeof JSON_TYPE | typeof GRAPHQL_TYPE | typeof STREAM_TYPE
  stream: boolean
}

/**
 * Common Accept headers of requests for a single result, and the media type with which Yoga would respond. The fourth
 * is that of Apollo Client.
 */
const PLAIN = new Map<string | undefined, Accepted['type']>([
  [undefined, JSON_TYPE],
  ['*/*', JSON_TYPE],
  [JSON_TYPE, JSON_TYPE],
  [`${GRAPHQL_TYPE},${JSON_TYPE};q=0.9`, GRAPHQL_TYPE],
  [GRAPHQL_TYPE, GRAPHQL_TYPE],
])

/**
 * How to respond to a request that bypasses Yoga's HTTP handling; null for a request that Yoga handles. A request that
 * accepts an event stream always bypasses it, even if it accepts other types too. The method may be GET, because a
 * browser's EventSource uses GET.
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
