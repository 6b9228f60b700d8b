import type { NextRequest, NextResponse } from 'next/server'
import { isHttps } from './site.ts'

/**
 * The name of a cookie. Over https it has a prefix with which browsers accept it only from this host (RFC 6265bis,
 * 4.1.3.2), so that no other site of the domain can set it. Over http, browsers reject that prefix.
 */
export const cookieName = (name: string, https: boolean): string => (https ? `__Host-${name}` : name)

/** Reads the cookies of a request by their names without prefix. */
export type Jar = (name: string) => string | undefined

export function jarOf(request: NextRequest): Jar {
  const https = isHttps(request)
  return (name) => request.cookies.get(cookieName(name, https))?.value
}

/** Stores a value in a cookie that scripts cannot read. The cookie lasts until a time or for a number of seconds. */
export function setCookie(
  request: NextRequest,
  response: NextResponse,
  name: string,
  value: string,
  lasts: { expires: Date } | { maxAge: number },
): void {
  const https = isHttps(request)
  // Lax instead of Strict, because the identity provider redirects back from another site.
  const options = { httpOnly: true, sameSite: 'lax', path: '/', secure: https } as const
  response.cookies.set(cookieName(name, https), value, { ...options, ...lasts })
}

export const dropCookie = (request: NextRequest, response: NextResponse, name: string): void =>
  setCookie(request, response, name, '', { maxAge: 0 })
