import type { IncomingMessage } from 'node:http'
import { isJson } from './body.ts'

export const JSON_TYPE = 'application/json'
export const GRAPHQL_TYPE = 'application/graphql-response+json'
export const STREAM_TYPE = 'text/event-stream'

/** The response media type of one result, and whether the client accepts a stream. */
export interface Accepted {
  type: typeof JSON_TYPE | typeof GRAPHQL_TYPE | typeof STREAM_TYPE
  stream: boolean
}

/**
 * Common Accept headers for a single result and the media type that Yoga answers with. The fourth is Apollo Client's.
 */
const PLAIN = new Map<string | undefined, Accepted['type']>([
  [undefined, JSON_TYPE],
  ['*/*', JSON_TYPE],
  [JSON_TYPE, JSON_TYPE],
  [`${GRAPHQL_TYPE},${JSON_TYPE};q=0.9`, GRAPHQL_TYPE],
  [GRAPHQL_TYPE, GRAPHQL_TYPE],
])

/**
 * How to answer a request that bypasses Yoga's HTTP handling; null for all others. A client that accepts an event
 * stream, perhaps among other types, always bypasses it; a browser's EventSource uses GET.
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
