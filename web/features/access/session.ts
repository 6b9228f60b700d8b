import type { NextRequest, NextResponse } from 'next/server'

/** The cookie that carries the API's session token, or an API key. Scripts never see it. */
export const SESSION_COOKIE = 'aetherlink_session'

/** An API key has no end that we know of; a browser forgets it after a shift. */
const API_KEY_HOURS = 12

/** Set only where the browser would send it back: over plain http (a LAN, localhost) a Secure cookie is dropped. */
const isHttps = (request: NextRequest): boolean =>
  (request.headers.get('x-forwarded-proto')?.split(',')[0]?.trim() ?? request.nextUrl.protocol.replace(':', '')) ===
  'https'

/** Keeps a token in the browser until it expires. */
export function startSession(
  request: NextRequest,
  response: NextResponse,
  token: string,
  expiresAt: Date | null,
): void {
  response.cookies.set(SESSION_COOKIE, token, {
    httpOnly: true,
    sameSite: 'lax',
    path: '/',
    secure: isHttps(request),
    expires: expiresAt ?? new Date(Date.now() + API_KEY_HOURS * 3_600_000),
  })
}

export function endSession(request: NextRequest, response: NextResponse): void {
  response.cookies.set(SESSION_COOKIE, '', {
    httpOnly: true,
    sameSite: 'lax',
    path: '/',
    secure: isHttps(request),
    maxAge: 0,
  })
}
