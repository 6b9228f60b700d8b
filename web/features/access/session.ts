import type { NextRequest, NextResponse } from 'next/server'
import { dropCookie, type Jar, jarOf, setCookie } from '@/lib/server/cookies.ts'
import { sealingSecret } from '@/lib/server/sealing-secret.ts'
import { seal, unseal } from './cookie-seal.ts'

/**
 * The cookie with the sealed session, not readable by scripts. A session that is too long for one cookie continues in
 * further cookies: `…_session.1` and so on.
 */
export const SESSION_COOKIE = 'aetherlink_session'

/** A session expires after this time without a renewal. API keys have no known expiry. */
const SESSION_MS = 12 * 3_600_000

/** Browsers drop a cookie of more than 4,096 bytes including name and attributes (RFC 6265, section 6.1). */
const CHUNK = 3_600
/** More cookies, together with all other headers, would exceed the 16 KB that Node.js accepts. */
const MAX_CHUNKS = 3
const SEALED = /^s([1-9])\.([\w-]+)$/
/** Characters allowed in an HTTP header, in which tokens are sent. */
const HEADER_VALUE = /^[!-~]+$/

/** Tokens of a user who signed in at the provider. Times are milliseconds since 1970. */
export interface OidcSession {
  /** Stays the same through all renewals. */
  id: string
  /** Subject of the user at the provider; missing in sessions of earlier versions. */
  subject?: string
  accessToken: string
  refreshToken: string | null
  idToken: string | null
  /** Times from which the access token is renewed and at which it expires. */
  renewAt: number
  expiresAt: number
}

/** Session of a user who did not sign in at the provider: a token issued by the API or an API key, with its expiry. */
interface TokenSession {
  token: string
  until: number
}

export type Session = { kind: 'token'; token: string } | { kind: 'oidc'; sealed: string; tokens: OidcSession }

export const sealSession = (session: OidcSession | TokenSession): string => seal(sealingSecret(), 'session', session)

/** The session in the cookies of a request; null if it is missing, expired or not sealed by this server. */
export function readSession(cookie: Jar, now = Date.now()): Session | null {
  const [, count, head] = SEALED.exec(cookie(SESSION_COOKIE) ?? '') ?? []
  if (!count || !head) return null
  const sealed = Array.from({ length: Number(count) }, (_, n) => (n === 0 ? head : cookie(chunkName(n)))).join('')
  const value = unseal(sealingSecret(), 'session', sealed)
  if (isTokenSession(value))
    return value.until > now && HEADER_VALUE.test(value.token) ? { kind: 'token', token: value.token } : null
  return isOidcSession(value) && HEADER_VALUE.test(value.accessToken) ? { kind: 'oidc', sealed, tokens: value } : null
}

const isTokenSession = (value: unknown): value is TokenSession =>
  typeof value === 'object' && value !== null && 'token' in value && 'until' in value

const isOidcSession = (value: unknown): value is OidcSession =>
  typeof value === 'object' && value !== null && 'accessToken' in value && 'expiresAt' in value && 'id' in value

/** The credentials for the API without a renewal; null after expiry. */
export const bearerOf = (session: Session, now = Date.now()): string | null =>
  session.kind === 'token' ? session.token : session.tokens.expiresAt > now ? session.tokens.accessToken : null

const chunkName = (n: number): string => (n === 0 ? SESSION_COOKIE : `${SESSION_COOKIE}.${n}`)

function setCookies(request: NextRequest, response: NextResponse, values: string[], expires: Date): void {
  values.forEach((value, n) => {
    setCookie(request, response, chunkName(n), value, { expires })
  })
  const before = jarOf(request)
  for (let n = values.length; n < MAX_CHUNKS; n++)
    if (before(chunkName(n)) !== undefined) dropCookie(request, response, chunkName(n))
}

/** Stores an API token in the browser until it expires. */
export function startSession(
  request: NextRequest,
  response: NextResponse,
  token: string,
  expiresAt: Date | null,
): void {
  const until = expiresAt ?? new Date(Date.now() + SESSION_MS)
  keepSealed(request, response, sealSession({ token, until: until.getTime() }), until)
}

/** Stores a sealed session in the browser. Throws if the session is larger than a browser would send back. */
export function keepSealed(
  request: NextRequest,
  response: NextResponse,
  sealed: string,
  until = new Date(Date.now() + SESSION_MS),
): void {
  const chunks = sealed.match(new RegExp(`.{1,${CHUNK}}`, 'g')) ?? []
  if (chunks.length > MAX_CHUNKS)
    throw new Error(
      `the session's tokens need ${sealed.length} characters; a browser stores at most ${CHUNK * MAX_CHUNKS}`,
    )
  const values = chunks.map((chunk, n) => (n === 0 ? `s${chunks.length}.${chunk}` : chunk))
  setCookies(request, response, values, until)
}

export function endSession(request: NextRequest, response: NextResponse): void {
  setCookies(request, response, [], new Date(0))
}
