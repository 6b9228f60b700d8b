import 'server-only'
import { print } from 'graphql'
import { apiUrl } from '@/lib/env.ts'
import { documentId, graphql } from '@/lib/graphql.ts'
import type { SignIn } from './sign-in.ts'

/** What came of signing in: a token to keep, or why there is none, with the status to answer. */
export type SignedIn = { token: string; expiresAt: Date | null } | { problem: string; status: number }

const TIMEOUT_MS = 10_000

const AWAY = { problem: 'The API does not answer. Is it running?', status: 502 }

const post = (path: string, body: unknown, token?: string): Promise<Response> =>
  fetch(apiUrl(path), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
    cache: 'no-store',
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })

const WhoAmI = graphql(`
  query SignInCheck {
    viewer {
      roles
    }
  }
`)

/** Exchanges a role for a session token, or proves an API key by asking the API who it is. */
export async function signIn(request: SignIn): Promise<SignedIn> {
  try {
    return request.kind === 'key' ? await withKey(request.key) : await asRole(request)
  } catch {
    return AWAY
  }
}

/** What the API makes of a token: whether it is refused, and as what. */
export async function standingOf(token: string): Promise<'known' | 'unknown' | 'powerless' | 'manyTenants' | 'away'> {
  try {
    const response = await post('/graphql', { documentId: documentId(WhoAmI), query: print(WhoAmI) }, token)
    if (response.status >= 500 || response.status === 429) return 'away'
    const answer: unknown = await response.json()
    if (response.status === 403) return 'powerless'
    // Whoever belongs to several tenants is to name one in a header.
    if (response.status === 400) return 'manyTenants'
    const known = typeof answer === 'object' && answer !== null && 'data' in answer && !('errors' in answer)
    if (response.ok && known) return 'known'
    console.error('The API refuses a token:', JSON.stringify(answer).slice(0, 500))
    return 'unknown'
  } catch {
    return 'away'
  }
}

async function withKey(key: string): Promise<SignedIn> {
  const standing = await standingOf(key)
  if (standing === 'away') return AWAY
  if (standing === 'known') return { token: key, expiresAt: null }
  return { problem: 'This API key is not accepted: it is mistyped, revoked or expired.', status: 401 }
}

async function asRole({ role, tenantId, name }: Extract<SignIn, { kind: 'dev' }>): Promise<SignedIn> {
  const response = await post('/auth/dev', { role, tenantId: tenantId ?? undefined, name: name ?? undefined })
  if (response.status === 404)
    return { problem: 'The API does not offer sign-in by role; use an API key.', status: 404 }
  const answer: unknown = await response.json()
  if (typeof answer !== 'object' || answer === null) return AWAY
  if (response.ok && 'token' in answer && typeof answer.token === 'string') {
    const expiresAt = 'expiresAt' in answer && typeof answer.expiresAt === 'string' ? new Date(answer.expiresAt) : null
    return { token: answer.token, expiresAt }
  }
  if (response.status >= 500) return AWAY
  const detail = 'detail' in answer ? answer.detail : 'message' in answer ? answer.message : null
  return {
    problem: typeof detail === 'string' ? detail : 'The API refused this role and tenant.',
    status: response.status,
  }
}

/** What the sign-in page can offer. An empty request gets 404 where there is no dev mode, and a complaint where there is. */
export async function signInMethods(): Promise<'dev' | 'key' | 'away'> {
  try {
    const response = await post('/auth/dev', {})
    await response.body?.cancel()
    return response.status === 404 ? 'key' : response.status >= 500 ? 'away' : 'dev'
  } catch {
    return 'away'
  }
}
