import { createHash } from 'node:crypto'
import type { NextRequest, NextResponse } from 'next/server'
import { dropCookie, type Jar, setCookie } from '@/lib/server/cookies.ts'
import type { Session } from '../session.ts'

/** The cookie with the chosen tenant and the account that chose it. The API validates the choice. */
export const TENANT_COOKIE = 'aetherlink_tenant'

const YEAR_S = 365 * 86_400
/** Tenant format of the API (api/src/identity/tenant-scope.ts). Any other text is not a valid header. */
const SLUG = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/

export const isTenant = (value: unknown): value is string => typeof value === 'string' && SLUG.test(value)

/** Identifies the account in the cookie, so that the choice does not apply to another account in this browser. */
const markOf = (subject: string): string => createHash('sha256').update(subject).digest('base64url').slice(0, 16)

const subjectOf = (session: Session | null): string | null =>
  session?.kind === 'oidc' ? (session.tokens.subject ?? null) : null

/** The last choice of this session's account; null if it has made none. */
export function readChoice(session: Session | null, cookie: Jar): string | null {
  const subject = subjectOf(session)
  const [tenantId, mark] = (cookie(TENANT_COOKIE) ?? '').split('.')
  return subject !== null && mark === markOf(subject) && isTenant(tenantId) ? tenantId : null
}

/** Stores a choice. Returns false if the session has no account to store the choice for. */
export function keepChoice(request: NextRequest, response: NextResponse, session: Session, tenantId: string): boolean {
  const subject = subjectOf(session)
  if (subject === null) return false
  setCookie(request, response, TENANT_COOKIE, `${tenantId}.${markOf(subject)}`, { maxAge: YEAR_S })
  return true
}

export const dropChoice = (request: NextRequest, response: NextResponse): void =>
  dropCookie(request, response, TENANT_COOKIE)
