import { type NextRequest, NextResponse } from 'next/server'
import { SESSION_COOKIE } from '@/features/access/session.ts'
import { signInPath } from '@/lib/next-path.ts'
import { jarOf } from '@/lib/server/cookies.ts'
import { isHttps } from '@/lib/server/site.ts'

const YEAR_S = 365 * 86_400

/**
 * Runs before every page. It redirects visitors without a session to the sign-in page; the API validates a session with
 * the page's first query. It also sets the Content Security Policy. Scripts need a nonce. Inline styles are allowed,
 * because Mantine sizes elements through `style` attributes, for which a nonce has no effect.
 * (node_modules/next/dist/docs/01-app/02-guides/content-security-policy.md)
 */
export function proxy(request: NextRequest): NextResponse {
  const response = answerTo(request)
  // includeSubDomains is left out: other hosts of the domain may belong to other products.
  if (isHttps(request)) response.headers.set('strict-transport-security', `max-age=${YEAR_S}`)
  return response
}

function answerTo(request: NextRequest): NextResponse {
  const { pathname, search } = request.nextUrl
  if (pathname !== '/sign-in' && !jarOf(request)(SESSION_COOKIE)) {
    return NextResponse.redirect(new URL(signInPath(pathname + search), request.url))
  }
  const nonce = btoa(crypto.randomUUID())
  const policy = contentSecurityPolicy(nonce, request.headers.get('x-forwarded-host') ?? request.headers.get('host'))
  const headers = new Headers(request.headers)
  headers.set('content-security-policy', policy)
  headers.set('x-nonce', nonce)
  // Passed in a header, because Next.js layouts do not get the query.
  headers.set('x-search', search)
  const response = NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  return response
}

/** Hosts that may be inserted into the policy. The host comes from a header, which may be forged. */
const HOST = /^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i

// WebSocket URLs are listed because in some browsers 'self' does not include them.
function contentSecurityPolicy(nonce: string, host: string | null): string {
  const development = process.env.NODE_ENV === 'development'
  return [
    `default-src 'self'`,
    // React's development build evaluates strings to rebuild stack traces.
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? ` 'unsafe-eval'` : ''}`,
    `style-src 'self' 'unsafe-inline'`,
    `img-src 'self' data:`,
    `connect-src 'self'${host && HOST.test(host) ? ` ws://${host} wss://${host}` : ''}`,
    `object-src 'none'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-ancestors 'none'`,
  ].join('; ')
}

export const config = {
  matcher: [
    '/((?!_next/|graphql$|session$|session/tenant$|auth/login$|auth/callback$|health\\.json$|exports/audit$|icon\\.svg$).*)',
  ],
}
