import type { NextRequest, NextResponse } from 'next/server'
import { isHttps } from './site.ts'

/**
 * What a cookie is called. Over https by a name that browsers take from this very host alone (RFC 6265bis, 4.1.3.2), so that no
 * site beside it under the same domain can plant one; over http they take none by such a name.
 */
export const cookieName = (name: string, https: boolean): string => (https ? `__Host-${name}` : name)

/** The cookies of a request, by what they are called here. */
export type Jar = (name: string) => string | undefined

export function jarOf(request: NextRequest): Jar {
  const https = isHttps(request)
  return (name) => request.cookies.get(cookieName(name, https))?.value
}

/** Keeps a value where no script reads it, until a time or for so many seconds. */
export function setCookie(
  request: NextRequest,
  response: NextResponse,
  name: string,
  value: string,
  lasts: { expires: Date } | { maxAge: number },
): void {
  const https = isHttps(request)
  // Lax, not Strict: an identity provider leads back from another site.
  const options = { httpOnly: true, sameSite: 'lax', path: '/', secure: https } as const
  response.cookies.set(cookieName(name, https), value, { ...options, ...lasts })
}

export const dropCookie = (request: NextRequest, response: NextResponse, name: string): void =>
  setCookie(request, response, name, '', { maxAge: 0 })
