import type { IncomingMessage, ServerResponse } from 'node:http'
import { FORM_BYTES, OPERATION_BYTES } from '@/lib/body.ts'

/** The paths where bodies are taken, and how long ones. Their routes refuse longer ones themselves, in their own form. */
const LONGEST: ReadonlyMap<string, number> = new Map([
  ['/graphql', OPERATION_BYTES],
  ['/session', FORM_BYTES],
  ['/session/tenant', FORM_BYTES],
])

/** How long a client has to read the refusal: a connection that is ended with something unread in it is reset, answers and all. */
const LINGER_MS = 200

/**
 * Refuses a body where none is taken, before Next.js sees it: it keeps what is sent to pages in memory, for its proxy. Returns
 * whether it did. What a route refuses is not read either, but ends with the connection.
 */
export function refuseBody(req: IncomingMessage, res: ServerResponse): boolean {
  const isChunked = req.headers['transfer-encoding'] !== undefined
  const length = Number(req.headers['content-length'] ?? 0)
  if (!isChunked && length === 0) return false
  const longest = LONGEST.get((req.url ?? '').split('?')[0] ?? '')
  if (isChunked || length > (longest ?? 0)) res.shouldKeepAlive = false
  if (longest !== undefined) return false
  const problem = { title: 'Content Too Large', status: 413, detail: 'There is nothing here that takes a body.' }
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
