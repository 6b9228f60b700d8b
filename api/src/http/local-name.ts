import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

const LOCAL_SUFFIXES = ['.localhost', '.local', '.lan', '.internal', '.home.arpa', '.test']

/**
 * Whether the server was addressed by a name that nobody outside can own. A page of another site can point its own
 * name here (DNS rebinding) and would then be same-origin with a server without authentication.
 */
export function isLocalName(req: IncomingMessage): boolean {
  const host = (req.headers.host ?? '')
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
  return (
    isIP(host) !== 0 || (host !== '' && !host.includes('.')) || LOCAL_SUFFIXES.some((suffix) => host.endsWith(suffix))
  )
}
