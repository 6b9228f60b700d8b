/** Whether Origin is this site. Pages cannot set it, and browsers send it with every POST, DELETE and WebSocket. */
function isOwnOrigin(headers: Headers): boolean {
  const origin = headers.get('origin') ?? ''
  const host = headers.get('x-forwarded-host') ?? headers.get('host')
  return URL.canParse(origin) && new URL(origin).host === host
}

/**
 * Why a state-changing request is refused, or null if it comes from a page of this site. Browsers attach the session
 * cookie to any request, so its source must be proven: by Sec-Fetch-Site, which pages cannot set and browsers send to
 * https and localhost, otherwise by Origin.
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
 * The same check for a WebSocket upgrade, which also carries the cookie: CORS does not restrict it (RFC 6455, 10.2).
 * Origin is always present (4.1). Browsers differ in Sec-Fetch-Site here, so it only helps behind a proxy that
 * changes Host.
 */
export function foreignSocket(headers: Headers): string | null {
  if (isOwnOrigin(headers) || headers.get('sec-fetch-site') === 'same-origin') return null
  return `Origin is ${JSON.stringify(headers.get('origin'))}; expected that of this site`
}

/** Whether a body is declared JSON, which a form of another site cannot declare. */
export const isJson = (headers: Headers): boolean =>
  /^application\/json\s*(;|$)/i.test(headers.get('content-type') ?? '')
