import type { NextRequest, NextResponse } from 'next/server'
import { keepSealed, sealSession } from '@/features/access/session.ts'
import { dropLogin, readLogin } from '@/features/access/sign-in/login-cookie.ts'
import { problemPath } from '@/features/access/sign-in/login-problems.ts'
import { finishLogin, type Login, refusalOf } from '@/features/access/sign-in/oidc.ts'
import { dropChoice, readChoice } from '@/features/access/tenant/tenant-choice.ts'
import { afterSignIn } from '@/features/access/token-status.ts'
import { tokenStatusOf } from '@/features/access/upstream.ts'
import { chooseTenantPath, HOME } from '@/lib/next-path.ts'
import { jarOf } from '@/lib/server/cookies.ts'
import { type OidcSettings, oidcSettings } from '@/lib/server/oidc-settings.ts'
import { leadTo } from '@/lib/server/see-other.ts'

/**
 * The redirect URI of the identity provider: exchanges a code for a session, or shows the error on the sign-in page.
 */
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
    const tokens = await finishLogin(settings, login, request.nextUrl.search)
    const status = await tokenStatusOf(tokens.accessToken, request.headers)
    if (status.is === 'unknown' || status.is === 'powerless') return leadTo(problemPath(status.is, login.next))
    const sealed = sealSession(tokens)
    const choice = readChoice({ kind: 'oidc', sealed, tokens }, jarOf(request))
    const next = afterSignIn(status, choice)
    const response = leadTo(next === 'choose' ? chooseTenantPath(login.next) : login.next)
    keepSealed(request, response, sealed)
    if (next !== 'keep') dropChoice(request, response)
    return response
  } catch (error) {
    console.error('A sign-in through the identity provider failed', error)
    return leadTo(problemPath(refusalOf(error), login.next))
  }
}
