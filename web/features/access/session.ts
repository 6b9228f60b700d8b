import type { NextRequest, NextResponse } from 'next/server'
import { dropCookie, type Jar, jarOf, setCookie } from '@/lib/cookies.ts'
import { sealingSecret } from '@/lib/sealing-secret.ts'
import { seal, unseal } from './cookie-seal.ts'

/** The cookie that carries the session, sealed. Scripts never see it. What does not fit in follows in others: `…_session.1` and on. */
export const SESSION_COOKIE = 'aetherlink_session'

/** A browser forgets a session after a shift without a renewal. An API key has no end that we know of. */
const SESSION_MS = 12 * 3_600_000

/** Browsers drop a cookie of more than 4,096 bytes, its name and attributes among them (RFC 6265, section 6.1). */
const CHUNK = 3_600
/** With all else that a browser sends, more would not fit into the 16 KB that Node takes of headers. */
const MAX_CHUNKS = 3
const SEALED = /^s([1-9])\.([\w-]+)$/
/** What may stand in a header, which is where tokens go. */
const HEADER_VALUE = /^[!-~]+$/

/** The tokens of somebody who came through the provider. Times are in milliseconds since 1970. */
export interface OidcSession {
  /** The same through all renewals. */
  id: string
  /** Whose it is, as the provider calls them. Sessions of earlier versions do not say. */
  subject?: string
  accessToken: string
  refreshToken: string | null
  idToken: string | null
  /** From when on a new access token is asked for, and when the one here ends. */
  renewAt: number
  expiresAt: number
}

/** Of somebody who came in another way: a token that the API itself gave out, or an API key, and until when it serves. */
interface TokenSession {
  token: string
  until: number
}

export type Session = { kind: 'token'; token: string } | { kind: 'oidc'; sealed: string; tokens: OidcSession }

export const sealSession = (session: OidcSession | TokenSession): string => seal(sealingSecret(), 'session', session)

/** The session that the cookies of a request are; null for none, for one that is over, and for one that nobody here sealed. */
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

/** What proves to the API who it is, without a renewal; null once that is over. */
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

/** Keeps a token of the API in the browser until it expires. */
export function startSession(
  request: NextRequest,
  response: NextResponse,
  token: string,
  expiresAt: Date | null,
): void {
  const until = expiresAt ?? new Date(Date.now() + SESSION_MS)
  keepSealed(request, response, sealSession({ token, until: until.getTime() }), until)
}

/** Keeps a sealed session in the browser. Throws on one that is larger than a browser would send back. */
export function keepSealed(
  request: NextRequest,
  response: NextResponse,
  sealed: string,
  until = new Date(Date.now() + SESSION_MS),
): void {
  const chunks = sealed.match(new RegExp(`.{1,${CHUNK}}`, 'g')) ?? []
  if (chunks.length > MAX_CHUNKS)
    throw new Error(`the session's tokens take ${sealed.length} characters; a browser keeps ${CHUNK * MAX_CHUNKS}`)
  const values = chunks.map((chunk, n) => (n === 0 ? `s${chunks.length}.${chunk}` : chunk))
  setCookies(request, response, values, until)
}

export function endSession(request: NextRequest, response: NextResponse): void {
  setCookies(request, response, [], new Date(0))
}
