import { NextResponse } from 'next/server'

/**
 * Redirects a browser, which then sends a GET. Paths of this site stay relative (RFC 9110, 10.2.2), because a server
 * behind a proxy does not know its public name.
 */
export const leadTo = (location: string): NextResponse =>
  new NextResponse(null, { status: 303, headers: { location, 'cache-control': 'no-store' } })
