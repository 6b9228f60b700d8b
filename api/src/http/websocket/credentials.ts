import type { IncomingHttpHeaders } from 'node:http'

const PROOF = ['authorization', 'x-api-key']
const NARROWING = 'x-tenant-id'

/**
 * The headers with which a socket authenticates. Browsers cannot set headers for a WebSocket, so the payload of
 * `connection_init` may contain `authorization` or `x-api-key`, and `x-tenant-id`, in upper or lower case. If it
 * contains no credentials, the headers of the upgrade request are used. If a gateway has set these, the payload is
 * ignored completely, so that the socket cannot change the user and tenant that the gateway has set.
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
