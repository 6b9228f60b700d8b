/** Whether Origin, which no page can set and browsers send with every POST, DELETE and WebSocket, is this site. */
function isOwnOrigin(headers: Headers): boolean {
  const origin = headers.get('origin') ?? ''
  const host = headers.get('x-forwarded-host') ?? headers.get('host')
  return URL.canParse(origin) && new URL(origin).host === host
}

/**
 * Why a request that changes something is refused, or null when it comes from a page of this site. The session cookie
 * rides along on any request a browser makes, so its source has to be proven: Sec-Fetch-Site, which pages cannot set and
 * browsers send to https and localhost; else Origin.
 * (https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html)
 */
export function foreignSource(headers: Headers): string | null {
  const site = headers.get('sec-fetch-site')
  if (site !== null)
    return site === 'same-origin' ? null : `Sec-Fetch-Site is ${JSON.stringify(site)}; takes same-origin`
  const origin = headers.get('origin')
  if (origin === null) return 'neither Sec-Fetch-Site nor Origin is there; a page of this site sends one'
  return isOwnOrigin(headers) ? null : `Origin is ${JSON.stringify(origin)}; takes that of this site`
}

/**
 * The same for a request that is to become a WebSocket, which the cookie rides along on too: CORS does not keep other sites
 * from opening one (RFC 6455, 10.2). Origin is always there (4.1); what browsers say in Sec-Fetch-Site, if anything, differs,
 * so that it only helps behind a proxy that gives the request another Host.
 */
export function foreignSocket(headers: Headers): string | null {
  if (isOwnOrigin(headers) || headers.get('sec-fetch-site') === 'same-origin') return null
  return `Origin is ${JSON.stringify(headers.get('origin'))}; takes that of this site`
}

/** Whether a body is declared JSON, which a form of another site cannot declare. */
export const isJson = (headers: Headers): boolean =>
  /^application\/json\s*(;|$)/i.test(headers.get('content-type') ?? '')
