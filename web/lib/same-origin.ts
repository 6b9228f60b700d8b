/**
 * Why a request that changes something is refused, or null when it comes from a page of this site. The session cookie
 * rides along on any request a browser makes, so its source has to be proven: Sec-Fetch-Site, which pages cannot set and
 * browsers send to https and localhost; else Origin, which browsers send with every POST and DELETE.
 * (https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html)
 */
export function foreignSource(headers: Headers): string | null {
  const site = headers.get('sec-fetch-site')
  if (site !== null)
    return site === 'same-origin' ? null : `Sec-Fetch-Site is ${JSON.stringify(site)}; takes same-origin`
  const origin = headers.get('origin')
  if (origin === null) return 'neither Sec-Fetch-Site nor Origin is there; a page of this site sends one'
  const host = headers.get('x-forwarded-host') ?? headers.get('host')
  if (URL.canParse(origin) && new URL(origin).host === host) return null
  return `Origin is ${JSON.stringify(origin)}; takes that of this site`
}

/** Whether a body is declared JSON, which a form of another site cannot declare. */
export const isJson = (headers: Headers): boolean =>
  /^application\/json\s*(;|$)/i.test(headers.get('content-type') ?? '')
