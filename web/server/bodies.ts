import type { IncomingMessage, ServerResponse } from 'node:http'
import { FORM_BYTES, OPERATION_BYTES } from '@/lib/server/body.ts'

/**
 * The paths that accept bodies, with their size limits. A route that gets a longer body refuses it in its own format.
 */
const LONGEST: ReadonlyMap<string, number> = new Map([
  ['/graphql', OPERATION_BYTES],
  ['/session', FORM_BYTES],
  ['/session/tenant', FORM_BYTES],
])

/**
 * How long a client gets to read the refusal. Closing a connection with unread data resets it, and the client would
 * lose the response.
 */
const LINGER_MS = 200

/**
 * Refuses a body on a path that accepts none. This happens before Next.js sees the request, because Next.js buffers
 * page bodies for its proxy. Returns whether the request was refused. A body that is too long for its route is not read
 * either: the connection is closed after the route's response.
 */
export function refuseBody(req: IncomingMessage, res: ServerResponse): boolean {
  const isChunked = req.headers['transfer-encoding'] !== undefined
  const length = Number(req.headers['content-length'] ?? 0)
  if (!isChunked && length === 0) return false
  const longest = LONGEST.get((req.url ?? '').split('?')[0] ?? '')
  if (isChunked || length > (longest ?? 0)) res.shouldKeepAlive = false
  if (longest !== undefined) return false
  const problem = { title: 'Content Too Large', status: 413, detail: 'This path accepts no body.' }
  const text = JSON.stringify(problem)
  res.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'content-length': text.length,
    'cache-control': 'no-store',
  })
  if (req.method === 'HEAD') res.flushHeaders()
  else res.write(text)
  setTimeout(() => res.end(), LINGER_MS)
  return true
}
