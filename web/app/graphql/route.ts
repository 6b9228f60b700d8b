import { type NextRequest, NextResponse } from 'next/server'
import { accessAfterRefusal, accessOf } from '@/features/access/renewals.ts'
import { endSession, keepSealed, readSession } from '@/features/access/session.ts'
import { apiUrl } from '@/lib/env.ts'
import { foreignSource, isJson } from '@/lib/same-origin.ts'

const TIMEOUT_MS = 30_000
const LONGEST_BODY = 4 * 1024 * 1024
const FORWARDED = ['content-type', 'cache-control', 'retry-after', 'x-request-id']

/** An error in GraphQL's own form, so that the page has one way of reading errors. */
const refusal = (status: number, code: string, message: string, reason?: 'provider'): NextResponse =>
  NextResponse.json(
    { errors: [{ message, extensions: { code, reason } }] },
    { status, headers: { 'content-type': 'application/graphql-response+json', 'cache-control': 'no-store' } },
  )

const providerAway = (): NextResponse =>
  refusal(503, 'UNAVAILABLE', 'Your session is to be renewed there. You stay signed in.', 'provider')

/** The page's way to the API: the session's cookie becomes the bearer token, for requests of this site's pages only. */
export async function POST(request: NextRequest): Promise<NextResponse> {
  const foreign = foreignSource(request.headers)
  if (foreign) return refusal(403, 'FORBIDDEN', foreign)
  if (!isJson(request.headers)) return refusal(415, 'BAD_USER_INPUT', 'Content-Type: takes application/json')
  const length = request.headers.get('content-length')
  if (length === null) return refusal(411, 'BAD_USER_INPUT', 'Content-Length: a request says how long it is')
  if (Number(length) > LONGEST_BODY)
    return refusal(413, 'PAYLOAD_TOO_LARGE', `the request is larger than ${LONGEST_BODY} bytes`)
  const session = readSession((name) => request.cookies.get(name)?.value)
  const access = session ? await accessOf(session) : { problem: 'ended' as const }
  if ('problem' in access) {
    if (access.problem === 'away') return providerAway()
    const response = refusal(401, 'UNAUTHENTICATED', 'Sign in first.')
    endSession(request, response)
    return response
  }
  const body = await request.text()
  let answer = await ask(request, body, access.token)
  let renewed = access.renewed
  if (answer.status === 401 && session && !renewed) {
    const other = await accessAfterRefusal(session)
    if (other && 'problem' in other && other.problem === 'away') return providerAway()
    if (other && 'token' in other && other.renewed) {
      await answer.body?.cancel()
      answer = await ask(request, body, other.token)
      renewed = other.renewed
    }
  }
  const response = new NextResponse(answer.body, {
    status: answer.status,
    headers: FORWARDED.flatMap((name) => {
      const value = answer.headers.get(name)
      return value === null ? [] : [[name, value] satisfies [string, string]]
    }),
  })
  if (answer.status === 401) endSession(request, response)
  else if (renewed) keepSealed(request, response, renewed)
  return response
}

async function ask(request: NextRequest, body: string, token: string): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  try {
    return await fetch(apiUrl('/graphql'), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: request.headers.get('accept') ?? 'application/graphql-response+json, application/json',
      },
      body,
      cache: 'no-store',
      redirect: 'manual',
      signal: AbortSignal.any([request.signal, timeout]),
    })
  } catch {
    return timeout.aborted
      ? refusal(504, 'UNAVAILABLE', `The web server waited ${TIMEOUT_MS / 1_000} s for its answer.`)
      : refusal(502, 'UNAVAILABLE', 'The web server gets no answer from it. It may be starting.')
  }
}
