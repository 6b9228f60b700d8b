import type { NextRequest } from 'next/server'
import { webOrigin } from './oidc-settings.ts'

const HOST = /^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i

const first = (value: string | null): string | undefined => value?.split(',')[0]?.trim() || undefined

/** Whether the browser speaks TLS: over plain http (a LAN, localhost) it would drop a Secure cookie. */
export function isHttps({ headers, nextUrl }: { headers: Headers; nextUrl?: { protocol: string } }): boolean {
  const origin = webOrigin()
  if (origin) return origin.protocol === 'https:'
  return (first(headers.get('x-forwarded-proto')) ?? nextUrl?.protocol.replace(':', '')) === 'https'
}

/**
 * The origin of this site as the browser has it: WEB_URL, or else the name that the request came by, which is null when it
 * is none. A provider leads back only to addresses it was told of, so a name made up leads nowhere.
 */
export function siteOrigin(request: NextRequest): string | null {
  const origin = webOrigin()
  if (origin) return origin.origin
  const host = first(request.headers.get('x-forwarded-host')) ?? request.headers.get('host') ?? ''
  return HOST.test(host) ? `${isHttps(request) ? 'https' : 'http'}://${host}` : null
}
