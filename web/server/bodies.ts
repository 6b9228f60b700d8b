import type { IncomingMessage, ServerResponse } from 'node:http'
import { FORM_BYTES, OPERATION_BYTES } from '@/lib/server/body.ts'

/** The paths that accept bodies, with their size limits. Their routes refuse longer ones in their own format. */
const LONGEST: ReadonlyMap<string, number> = new Map([
  ['/graphql', OPERATION_BYTES],
  ['/session', FORM_BYTES],
  ['/session/tenant', FORM_BYTES],
])

/** Time for a client to read the refusal: closing a connection with unread data resets it and discards the response. */
const LINGER_MS = 200

/**
 * Refuses a body on other paths before Next.js sees it, because Next.js buffers page bodies for its proxy. Returns
 * whether it refused. A body refused by a route is not read either; its connection is closed.
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
