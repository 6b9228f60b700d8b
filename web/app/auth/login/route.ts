import type { NextRequest, NextResponse } from 'next/server'
import { keepLogin, LOGIN_MS } from '@/features/access/sign-in/login-cookie.ts'
import { problemPath } from '@/features/access/sign-in/login-problems.ts'
import { beginLogin } from '@/features/access/sign-in/oidc.ts'
import { safeNext, signInPath } from '@/lib/next-path.ts'
import { oidcSettings } from '@/lib/server/oidc-settings.ts'
import { leadTo } from '@/lib/server/see-other.ts'
import { siteOrigin } from '@/lib/server/site.ts'

/**
 * Starts a sign-in at the identity provider with the authorization code flow and PKCE (OpenID Connect Core 1.0, 3.1;
 * RFC 7636).
 */
export async function GET(request: NextRequest): Promise<NextResponse> {
  const { searchParams } = request.nextUrl
  const next = safeNext(searchParams.get('next'))
  const settings = oidcSettings()
  const origin = siteOrigin(request)
  if (!settings || !origin) return leadTo(signInPath(next))
  try {
    const { login, url } = await beginLogin(settings, {
      redirectUri: `${origin}/auth/callback`,
      next,
      again: searchParams.has('again'),
      until: Date.now() + LOGIN_MS,
    })
    const response = leadTo(url.href)
    keepLogin(request, response, login)
    return response
  } catch (error) {
    console.error('Sign-in through the identity provider is unavailable', error)
    return leadTo(problemPath('away', next))
  }
}
