/**
 * Whether the Origin header names this site. Pages cannot set the header, and browsers send it with every POST, DELETE
 * and WebSocket.
 */
function isOwnOrigin(headers: Headers): boolean {
  const origin = headers.get('origin') ?? ''
  const host = headers.get('x-forwarded-host') ?? headers.get('host')
  return URL.canParse(origin) && new URL(origin).host === host
}

/**
 * Why a state-changing request is refused; null if it comes from a page of this site. Browsers attach the session
 * cookie to any request, so the request must prove where it comes from. Sec-Fetch-Site proves it: pages cannot set this
 * header, and browsers send it to https and localhost. Without Sec-Fetch-Site, Origin is checked.
 * (https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html)
 */
export function foreignSource(headers: Headers): string | null {
  const site = headers.get('sec-fetch-site')
  if (site !== null)
    return site === 'same-origin' ? null : `Sec-Fetch-Site is ${JSON.stringify(site)}; expected same-origin`
  const origin = headers.get('origin')
  if (origin === null) return 'Sec-Fetch-Site and Origin are both missing; a page of this site sends one'
  return isOwnOrigin(headers) ? null : `Origin is ${JSON.stringify(origin)}; expected that of this site`
}

/**
 * The same check for a WebSocket upgrade. Browsers attach the cookie to it too, and CORS does not restrict it (RFC
 * 6455, 10.2). Origin is always present (4.1). Browsers differ in the Sec-Fetch-Site that they send here, so it is used
 * only where a proxy has changed Host.
 */
export function foreignSocket(headers: Headers): string | null {
  if (isOwnOrigin(headers) || headers.get('sec-fetch-site') === 'same-origin') return null
  return `Origin is ${JSON.stringify(headers.get('origin'))}; expected that of this site`
}

/** Whether the Content-Type declares JSON, which a form of another site cannot do. */
export const isJson = (headers: Headers): boolean =>
  /^application\/json\s*(;|$)/i.test(headers.get('content-type') ?? '')
