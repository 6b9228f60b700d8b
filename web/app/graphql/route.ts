import { type NextRequest, NextResponse } from 'next/server'
import { accessAfterRefusal, accessOf } from '@/features/access/renewals.ts'
import { endSession, keepSealed, readSession } from '@/features/access/session.ts'
import { dropChoice, readChoice } from '@/features/access/tenant/tenant-choice.ts'
import { tokenStatusOf } from '@/features/access/upstream.ts'
import { isOutdated, PAGE_TENANT } from '@/lib/page-tenant.ts'
import { OPERATION_BYTES, readBody } from '@/lib/server/body.ts'
import { jarOf } from '@/lib/server/cookies.ts'
import { apiUrl } from '@/lib/server/env.ts'
import { forwardedFor } from '@/lib/server/forwarded-for.ts'
import { foreignSource, isJson } from '@/lib/server/same-origin.ts'

const TIMEOUT_MS = 30_000
const FORWARDED = ['content-type', 'cache-control', 'retry-after', 'x-request-id']

/** An error in GraphQL format, so that pages read all errors in the same way. */
const refusal = (status: number, code: string, message: string, reason?: 'provider' | 'tenant'): NextResponse =>
  NextResponse.json(
    { errors: [{ message, extensions: { code, reason } }] },
    { status, headers: { 'content-type': 'application/graphql-response+json', 'cache-control': 'no-store' } },
  )

const providerAway = (): NextResponse =>
  refusal(503, 'UNAVAILABLE', 'Your session needs to be renewed there. You stay signed in.', 'provider')

/** The page must be reloaded: it shows one tenant, but its request would act on another. */
const outdated = (): NextResponse =>
  refusal(409, 'CONFLICT', 'The tenant of this page is no longer yours, or another one was chosen since.', 'tenant')

/**
 * Proxies GraphQL requests of this site's pages to the API. It replaces the session cookie with the bearer token and
 * adds the chosen tenant.
 */
export async function POST(request: NextRequest): Promise<NextResponse> {
  const foreign = foreignSource(request.headers)
  if (foreign) return refusal(403, 'FORBIDDEN', foreign)
  if (!isJson(request.headers)) return refusal(415, 'BAD_USER_INPUT', 'Content-Type: expected application/json')
  const cookie = jarOf(request)
  const session = readSession(cookie)
  if (!session) return ended(request)
  // The body is read before the session is renewed: after a renewal, the response must store the renewed session in the
  // browser.
  const body = await readBody(request, OPERATION_BYTES)
  if ('problem' in body)
    return refusal(body.status, body.status === 413 ? 'PAYLOAD_TOO_LARGE' : 'BAD_USER_INPUT', body.problem)
  const choice = readChoice(session, cookie)
  if (isOutdated(request.headers.get(PAGE_TENANT), choice)) return outdated()
  const access = await accessOf(session)
  if ('problem' in access) return access.problem === 'away' ? providerAway() : ended(request)
  // The renewed token may no longer need a choice of tenant. The old choice would then restrict a user who may see all
  // tenants.
  if (choice !== null && access.renewed && (await tokenStatusOf(access.token, request.headers)).is === 'known')
    return withoutChoice(request, access.renewed)
  let answer = await ask(request, body.text, access.token, choice)
  let renewed = access.renewed
  if (answer.status === 401 && !renewed) {
    const other = await accessAfterRefusal(session)
    if (other && 'problem' in other && other.problem === 'away') return providerAway()
    if (other && 'token' in other && other.renewed) {
      await answer.body?.cancel()
      answer = await ask(request, body.text, other.token, choice)
      renewed = other.renewed
    }
  }
  // The API refused the whole request, because of either the choice or the user. The choice is dropped: the next
  // request, without a choice, shows which it was.
  if (choice !== null && answer.status === 403) {
    await answer.body?.cancel()
    return withoutChoice(request, renewed)
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

/** Answers that the session is missing or has expired. */
function ended(request: NextRequest): NextResponse {
  const response = refusal(401, 'UNAUTHENTICATED', 'Sign in first.')
  endSession(request, response)
  return response
}

/** Deletes an invalid choice of tenant. The page then reloads without it. */
function withoutChoice(request: NextRequest, renewed: string | null): NextResponse {
  const response = outdated()
  dropChoice(request, response)
  if (renewed) keepSealed(request, response, renewed)
  return response
}

async function ask(request: NextRequest, body: string, token: string, tenantId: string | null): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  try {
    return await fetch(apiUrl('/graphql'), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...forwardedFor(request.headers),
        ...(tenantId !== null && { 'x-tenant-id': tenantId }),
        accept: request.headers.get('accept') ?? 'application/graphql-response+json, application/json',
      },
      body,
      cache: 'no-store',
      redirect: 'manual',
      signal: AbortSignal.any([request.signal, timeout]),
    })
  } catch {
    return timeout.aborted
      ? refusal(504, 'UNAVAILABLE', `The web server waited ${TIMEOUT_MS / 1_000} s for its response.`)
      : refusal(502, 'UNAVAILABLE', 'The web server gets no response from it. It may be starting.')
  }
}
