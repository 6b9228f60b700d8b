import 'server-only'
import { print } from 'graphql'
import { documentId, graphql, type TenantChoicesQuery } from '@/lib/graphql.ts'
import { apiUrl } from '@/lib/server/env.ts'
import { forwardedFor } from '@/lib/server/forwarded-for.ts'
import type { SignIn } from './sign-in/sign-in.ts'
import { type Choices, choicesOf } from './tenant/choices.ts'
import { type TokenStatus, tokenStatusIn } from './token-status.ts'

/** Result of a sign-in: a token to store, or an error with its status. */
export type SignedIn = { token: string; expiresAt: Date | null } | { problem: string; status: number }

const TIMEOUT_MS = 10_000

const AWAY = { problem: 'The API does not answer. Is it running?', status: 502 }

/** Headers of the browser's request on whose behalf the API is called. */
type Asker = { get(name: string): string | null }

const post = (path: string, body: unknown, asker: Asker, token?: string, tenantId?: string): Promise<Response> =>
  fetch(apiUrl(path), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...forwardedFor(asker),
      ...(token && { authorization: `Bearer ${token}` }),
      ...(tenantId && { 'x-tenant-id': tenantId }),
    },
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

const Names = graphql(`
  query TenantChoices {
    viewer {
      actor {
        id
        name
      }
      tenants {
        id
        name
      }
    }
  }
`)

/** Exchanges a role for a session token, or validates an API key with the API. */
export async function signIn(request: SignIn, asker: Asker): Promise<SignedIn> {
  try {
    return request.kind === 'key' ? await withKey(request.key, asker) : await asRole(request, asker)
  } catch {
    return AWAY
  }
}

/** The status of a token when the request names no tenant. */
export async function tokenStatusOf(token: string, asker: Asker): Promise<TokenStatus> {
  try {
    const response = await post('/graphql', { documentId: documentId(WhoAmI), query: print(WhoAmI) }, asker, token)
    const answer: unknown = response.status >= 500 ? await response.body?.cancel() : await response.json()
    const status = tokenStatusIn(response.status, answer)
    if (status.is === 'unknown') console.error('The API refuses a token:', JSON.stringify(answer).slice(0, 500))
    return status
  } catch {
    return { is: 'away' }
  }
}

/**
 * The tenants that the holder of a token can choose. The API returns their names only to a request that names a tenant,
 * so this request names the first one.
 */
export async function choicesWith(token: string, tenants: readonly string[], asker: Asker): Promise<Choices> {
  try {
    const asked = { documentId: documentId(Names), query: print(Names) }
    const response = await post('/graphql', asked, asker, token, tenants[0])
    const answer: { data?: TenantChoicesQuery | null } = await response.json()
    return choicesOf(tenants, answer.data?.viewer ?? null)
  } catch {
    return choicesOf(tenants, null)
  }
}

async function withKey(key: string, asker: Asker): Promise<SignedIn> {
  const status = await tokenStatusOf(key, asker)
  if (status.is === 'away') return AWAY
  if (status.is === 'known') return { token: key, expiresAt: null }
  return { problem: 'This API key is not accepted: it is mistyped, revoked or expired.', status: 401 }
}

async function asRole({ role, tenantId, name }: Extract<SignIn, { kind: 'dev' }>, asker: Asker): Promise<SignedIn> {
  const response = await post('/auth/dev', { role, tenantId: tenantId ?? undefined, name: name ?? undefined }, asker)
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

/**
 * The available way to sign in. The function sends an empty dev sign-in request, to which the API answers 404 if dev
 * mode is off, and an input error otherwise.
 */
export async function signInMethods(asker: Asker): Promise<'dev' | 'key' | 'away'> {
  try {
    const response = await post('/auth/dev', {}, asker)
    await response.body?.cancel()
    return response.status === 404 ? 'key' : response.status >= 500 ? 'away' : 'dev'
  } catch {
    return 'away'
  }
}
