import type { IncomingHttpHeaders } from 'node:http'

const PROOF = ['authorization', 'x-api-key']
const NARROWING = 'x-tenant-id'

/**
 * The headers that authenticate a socket. Browsers cannot set headers on a WebSocket, so the payload of
 * `connection_init` may contain `authorization` or `x-api-key`, and `x-tenant-id`, in any case. Without credentials
 * there, the headers of the upgrade request apply as they are: the socket cannot override the user and tenant that a
 * gateway has set.
 */
export function credentialsOf(params: unknown, upgrade: IncomingHttpHeaders): IncomingHttpHeaders {
  const credentials: IncomingHttpHeaders = {}
  if (typeof params === 'object' && params !== null) {
    for (const [name, value] of Object.entries(params)) {
      const key = name.toLowerCase()
      if (typeof value === 'string' && value !== '' && (PROOF.includes(key) || key === NARROWING))
        credentials[key] = value
    }
  }
  if (!PROOF.some((name) => name in credentials))
    return 'x-gateway-secret' in upgrade ? upgrade : { ...upgrade, ...credentials }
  const tenant = upgrade[NARROWING]
  return tenant === undefined ? credentials : { [NARROWING]: tenant, ...credentials }
}
