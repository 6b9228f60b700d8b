import { createHash } from 'node:crypto'
import type { NextRequest, NextResponse } from 'next/server'
import { dropCookie, type Jar, setCookie } from '@/lib/cookies.ts'
import type { Session } from './session.ts'

/** The cookie in which of their tenants somebody wishes to work, and whose wish it is. What becomes of it the API decides. */
export const TENANT_COOKIE = 'aetherlink_tenant'

const YEAR_S = 365 * 86_400
/** What the API takes for a tenant (api/src/identity/tenant-scope.ts); all else would be no header. */
const SLUG = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/

export const isTenant = (value: unknown): value is string => typeof value === 'string' && SLUG.test(value)

/** Stands for an account in the cookie: the next one that signs in with this browser did not choose. */
const markOf = (subject: string): string => createHash('sha256').update(subject).digest('base64url').slice(0, 16)

const subjectOf = (session: Session | null): string | null =>
  session?.kind === 'oidc' ? (session.tokens.subject ?? null) : null

/** The tenant that the account of this session has chosen last; null for none. */
export function readChoice(session: Session | null, cookie: Jar): string | null {
  const subject = subjectOf(session)
  const [tenantId, mark] = (cookie(TENANT_COOKIE) ?? '').split('.')
  return subject !== null && mark === markOf(subject) && isTenant(tenantId) ? tenantId : null
}

/** Keeps a choice. Returns whether there is an account that it is the choice of. */
export function keepChoice(request: NextRequest, response: NextResponse, session: Session, tenantId: string): boolean {
  const subject = subjectOf(session)
  if (subject === null) return false
  setCookie(request, response, TENANT_COOKIE, `${tenantId}.${markOf(subject)}`, { maxAge: YEAR_S })
  return true
}

export const dropChoice = (request: NextRequest, response: NextResponse): void =>
  dropCookie(request, response, TENANT_COOKIE)
