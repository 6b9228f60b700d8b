import { type NextRequest, NextResponse } from 'next/server'
import { accessOf } from '@/features/access/renewals.ts'
import { endSession, keepSealed, readSession } from '@/features/access/session.ts'
import { isTenant, keepChoice } from '@/features/access/tenant/tenant-choice.ts'
import { choicesWith, tokenStatusOf } from '@/features/access/upstream.ts'
import { FORM_BYTES, jsonIn, readBody } from '@/lib/server/body.ts'
import { jarOf } from '@/lib/server/cookies.ts'
import { foreignSource, isJson } from '@/lib/server/same-origin.ts'

/** Errors are problem details (RFC 9457). */
const problem = (status: number, detail: string): NextResponse =>
  NextResponse.json(
    { title: 'No tenant was selected', status, detail },
    { status, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' } },
  )

const sessionOf = (request: NextRequest) => readSession(jarOf(request))

/** The tenants to choose from (`Choices`). The status is 204 if there is nothing to choose: the pages show why. */
export async function GET(request: NextRequest): Promise<NextResponse> {
  const session = sessionOf(request)
  const access = session ? await accessOf(session) : { problem: 'ended' as const }
  if ('problem' in access) {
    if (access.problem === 'away') return problem(503, 'The identity provider does not answer. You stay signed in.')
    const response = problem(401, 'Sign in first.')
    endSession(request, response)
    return response
  }
  const status = await tokenStatusOf(access.token, request.headers)
  const response =
    status.is === 'several'
      ? NextResponse.json(await choicesWith(access.token, status.tenants, request.headers), {
          headers: { 'cache-control': 'no-store' },
        })
      : status.is === 'away'
        ? problem(503, 'The API does not answer.')
        : new NextResponse(null, { status: 204 })
  if (access.renewed) keepSealed(request, response, access.renewed)
  return response
}

/** Sets the current tenant: `{tenantId}`. The API validates it with the next request. */
export async function PUT(request: NextRequest): Promise<NextResponse> {
  const foreign = foreignSource(request.headers)
  if (foreign) return problem(403, foreign)
  if (!isJson(request.headers)) return problem(415, 'Content-Type: expected application/json')
  const session = sessionOf(request)
  if (!session) return problem(401, 'Sign in first.')
  const body = await readBody(request, FORM_BYTES)
  if ('problem' in body) return problem(body.status, body.problem)
  const asked = jsonIn(body.text)
  const tenantId = typeof asked === 'object' && asked !== null && 'tenantId' in asked ? asked.tenantId : null
  if (!isTenant(tenantId)) return problem(400, 'tenantId: expected a tenant, such as tenant-acme')
  const response = new NextResponse(null, { status: 204 })
  if (!keepChoice(request, response, session, tenantId))
    return problem(409, 'Only an account of the identity provider can choose a tenant.')
  return response
}
