import { type NextRequest, NextResponse } from 'next/server'
import { SESSION_COOKIE } from '@/features/access/session.ts'
import { signInPath } from '@/lib/next-path.ts'
import { jarOf } from '@/lib/server/cookies.ts'
import { isHttps } from '@/lib/server/site.ts'

const YEAR_S = 365 * 86_400

/**
 * Runs before every page: redirects visitors without a session to the sign-in page (the API validates sessions with
 * the first query) and sets the Content Security Policy. Scripts need a nonce; styles may be inline, because Mantine
 * sizes elements through `style`, which takes no nonce.
 * (node_modules/next/dist/docs/01-app/02-guides/content-security-policy.md)
 */
export function proxy(request: NextRequest): NextResponse {
  const response = answerTo(request)
  // Without includeSubDomains: other hosts of the domain may belong to other products.
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
  // Next.js layouts do not see the query.
  headers.set('x-search', search)
  const response = NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  return response
}

/** Characters allowed in the policy from a header that may be forged. */
const HOST = /^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i

// WebSockets are named because not every browser takes 'self' for them.
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
