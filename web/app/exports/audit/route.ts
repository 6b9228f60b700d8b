import { type NextRequest, NextResponse } from 'next/server'
import { accessOf } from '@/features/access/renewals.ts'
import { endSession, keepSealed, readSession } from '@/features/access/session.ts'
import { readChoice } from '@/features/access/tenant/tenant-choice.ts'
import { jarOf } from '@/lib/server/cookies.ts'
import { apiUrl } from '@/lib/server/env.ts'
import { forwardedFor } from '@/lib/server/forwarded-for.ts'
import { foreignSource } from '@/lib/server/same-origin.ts'

const FORWARDED = ['content-type', 'content-disposition', 'x-request-id']

/** Errors are problem details (RFC 9457). */
const problem = (status: number, detail: string): NextResponse =>
  NextResponse.json(
    { title: 'No export', status, detail },
    { status, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' } },
  )

/** Streams the API's export of the audit trail to the browser, which saves it. */
export async function GET(request: NextRequest): Promise<NextResponse> {
  const foreign = foreignSource(request.headers)
  if (foreign) return problem(403, foreign)
  const cookie = jarOf(request)
  const session = readSession(cookie)
  const access = session ? await accessOf(session) : { problem: 'ended' as const }
  if ('problem' in access) {
    if (access.problem === 'away') return problem(503, 'The identity provider does not answer. You stay signed in.')
    const response = problem(401, 'Sign in first.')
    endSession(request, response)
    return response
  }
  const choice = readChoice(session, cookie)
  const url = apiUrl('/exports/audit')
  url.search = request.nextUrl.search
  try {
    const answer = await fetch(url, {
      headers: {
        authorization: `Bearer ${access.token}`,
        ...forwardedFor(request.headers),
        ...(choice !== null && { 'x-tenant-id': choice }),
      },
      cache: 'no-store',
      redirect: 'manual',
      signal: request.signal,
    })
    const headers = FORWARDED.flatMap((name) => {
      const value = answer.headers.get(name)
      return value === null ? [] : [[name, value] satisfies [string, string]]
    })
    const response = new NextResponse(answer.body, { status: answer.status, headers })
    response.headers.set('cache-control', 'no-store')
    if (access.renewed) keepSealed(request, response, access.renewed)
    return response
  } catch {
    return problem(502, 'The API does not answer.')
  }
}
