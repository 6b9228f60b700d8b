import { type NextRequest, NextResponse } from 'next/server'
import { endRenewals } from '@/features/access/renewals.ts'
import { endSession, readSession, startSession } from '@/features/access/session.ts'
import { endAtProvider } from '@/features/access/sign-in/oidc.ts'
import { parseSignIn } from '@/features/access/sign-in/sign-in.ts'
import { signIn } from '@/features/access/upstream.ts'
import { cameByLocalName } from '@/lib/format/local-name.ts'
import { FORM_BYTES, jsonIn, readBody } from '@/lib/server/body.ts'
import { jarOf } from '@/lib/server/cookies.ts'
import { oidcSettings } from '@/lib/server/oidc-settings.ts'
import { foreignSource, isJson } from '@/lib/server/same-origin.ts'
import { siteOrigin } from '@/lib/server/site.ts'

/** Errors are problem details (RFC 9457). */
const problem = (status: number, detail: string): NextResponse =>
  NextResponse.json(
    { title: 'Sign-in failed', status, detail },
    { status, headers: { 'content-type': 'application/problem+json' } },
  )

/** Signs in. The token is stored in a cookie that scripts cannot read, and is never part of the response's body. */
export async function POST(request: NextRequest): Promise<NextResponse> {
  const foreign = foreignSource(request.headers)
  if (foreign) return problem(403, foreign)
  if (!isJson(request.headers)) return problem(415, 'Content-Type: expected application/json')
  const body = await readBody(request, FORM_BYTES)
  if ('problem' in body) return problem(body.status, body.problem)
  const asked = parseSignIn(jsonIn(body.text))
  if ('problem' in asked) return problem(400, asked.problem)
  if (asked.kind === 'dev' && !cameByLocalName(request.headers)) {
    return problem(403, 'Sign-in by role works only under an IP address or a local network name; use an API key.')
  }
  const outcome = await signIn(asked, request.headers)
  if ('problem' in outcome) return problem(outcome.status, outcome.problem)
  const response = new NextResponse(null, { status: 204 })
  startSession(request, response, outcome.token, outcome.expiresAt)
  return response
}

/** Signs out. `leadsTo` in the response is the URL at which to sign out at the identity provider, if there is one. */
export async function DELETE(request: NextRequest): Promise<NextResponse> {
  const foreign = foreignSource(request.headers)
  if (foreign) return problem(403, foreign)
  const leadsTo = await signOutAtProvider(request)
  const response = leadsTo ? NextResponse.json({ leadsTo }) : new NextResponse(null, { status: 204 })
  endSession(request, response)
  return response
}

async function signOutAtProvider(request: NextRequest): Promise<string | null> {
  const session = readSession(jarOf(request))
  const settings = oidcSettings()
  if (session?.kind !== 'oidc' || !settings) return null
  const origin = siteOrigin(request)
  try {
    const tokens = await endRenewals(session)
    return (await endAtProvider(settings, tokens, origin && `${origin}/sign-in`))?.href ?? null
  } catch (error) {
    console.error('The identity provider could not be notified of a sign-out', error)
    return null
  }
}
