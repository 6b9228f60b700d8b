import type { NextRequest } from 'next/server'
import { webOrigin } from './oidc-settings.ts'

const HOST = /^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i

const first = (value: string | null): string | undefined => value?.split(',')[0]?.trim() || undefined

/** Whether the browser uses TLS. Over plain http (a LAN, localhost), it would drop a Secure cookie. */
export function isHttps({ headers, nextUrl }: { headers: Headers; nextUrl?: { protocol: string } }): boolean {
  const origin = webOrigin()
  if (origin) return origin.protocol === 'https:'
  return (first(headers.get('x-forwarded-proto')) ?? nextUrl?.protocol.replace(':', '')) === 'https'
}

/**
 * The public origin of this site: WEB_URL, otherwise the host of the request; null if that is invalid. A forged host is
 * harmless, because a provider redirects only to registered addresses.
 */
export function siteOrigin(request: NextRequest): string | null {
  const origin = webOrigin()
  if (origin) return origin.origin
  const host = first(request.headers.get('x-forwarded-host')) ?? request.headers.get('host') ?? ''
  return HOST.test(host) ? `${isHttps(request) ? 'https' : 'http'}://${host}` : null
}
