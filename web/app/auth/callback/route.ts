import type { NextRequest, NextResponse } from 'next/server'
import { dropLogin, readLogin } from '@/features/access/login-cookie.ts'
import { problemPath } from '@/features/access/login-problems.ts'
import { finishLogin, type Login, refusalOf } from '@/features/access/oidc.ts'
import { keepSealed, sealSession } from '@/features/access/session.ts'
import { standingOf } from '@/features/access/upstream.ts'
import { leadTo } from '@/lib/lead-to.ts'
import { HOME } from '@/lib/next-path.ts'
import { type OidcSettings, oidcSettings } from '@/lib/oidc-settings.ts'

/** Where the identity provider leads back to: a code becomes a session, or the sign-in page says why not. */
export async function GET(request: NextRequest): Promise<NextResponse> {
  const settings = oidcSettings()
  const state = request.nextUrl.searchParams.get('state') ?? ''
  const login = settings && readLogin(request, state)
  if (!settings || !login) return leadTo(problemPath('stale', HOME))
  const response = await finish(request, settings, login)
  dropLogin(request, response, state)
  return response
}

async function finish(request: NextRequest, settings: OidcSettings, login: Login): Promise<NextResponse> {
  try {
    const session = await finishLogin(settings, login, request.nextUrl.search)
    const standing = await standingOf(session.accessToken)
    // An API that is away says so on the page itself, which waits for it.
    if (standing !== 'known' && standing !== 'away') return leadTo(problemPath(standing, login.next))
    const response = leadTo(login.next)
    keepSealed(request, response, sealSession(session))
    return response
  } catch (error) {
    console.error('A sign-in through the identity provider failed', error)
    return leadTo(problemPath(refusalOf(error), login.next))
  }
}
