import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

const LOCAL_SUFFIXES = ['.localhost', '.local', '.lan', '.internal', '.home.arpa', '.test']

/**
 * Whether the request uses a host name that cannot be registered in public DNS. A page of another site could point its
 * own host name to this server (DNS rebinding). It would then have the same origin as the server, and could use it if
 * it requires no authentication.
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
