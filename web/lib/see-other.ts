import { NextResponse } from 'next/server'

/**
 * Leads a browser elsewhere by GET. Paths of this site stay relative (RFC 9110, 10.2.2): behind a proxy the server does not
 * know by what name it is reached.
 */
export const leadTo = (location: string): NextResponse =>
  new NextResponse(null, { status: 303, headers: { location, 'cache-control': 'no-store' } })
