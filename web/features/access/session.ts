import type { NextRequest, NextResponse } from 'next/server'
import { sealingSecret } from '@/lib/oidc-settings.ts'
import { isHttps } from '@/lib/site.ts'
import { seal, unseal } from './seal.ts'

/** The cookie that carries the session. Scripts never see it. What does not fit in follows in others: `…_session.1` and on. */
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

/** `token`: one that the API itself gave out, or an API key; the cookie is the token. `oidc`: the cookie is sealed. */
export type Session = { kind: 'token'; token: string } | { kind: 'oidc'; sealed: string; tokens: OidcSession }

export const sealSession = (tokens: OidcSession): string => seal(sealingSecret(), 'session', tokens)

/** The session that the cookies of a request are; null for none, and for one that nobody here sealed. */
export function readSession(cookie: (name: string) => string | undefined): Session | null {
  const value = cookie(SESSION_COOKIE)
  if (!value) return null
  const [, count, head] = SEALED.exec(value) ?? []
  if (!count || !head) return HEADER_VALUE.test(value) ? { kind: 'token', token: value } : null
  const sealed = Array.from({ length: Number(count) }, (_, n) => (n === 0 ? head : cookie(chunkName(n)))).join('')
  const tokens = unsealTokens(sealed)
  return tokens && { kind: 'oidc', sealed, tokens }
}

function unsealTokens(sealed: string): OidcSession | null {
  // Without a key nothing was sealed here: the sign-in through a provider was taken out since.
  if (!process.env.SECRET_KEY) return null
  const value = unseal(sealingSecret(), 'session', sealed)
  return isOidcSession(value) ? value : null
}

const isOidcSession = (value: unknown): value is OidcSession =>
  typeof value === 'object' && value !== null && 'accessToken' in value && 'expiresAt' in value && 'id' in value

/** What proves to the API who it is, without a renewal; null once that is over. */
export const bearerOf = (session: Session, now = Date.now()): string | null =>
  session.kind === 'token' ? session.token : session.tokens.expiresAt > now ? session.tokens.accessToken : null

const chunkName = (n: number): string => (n === 0 ? SESSION_COOKIE : `${SESSION_COOKIE}.${n}`)

const optionsOf = (request: NextRequest) =>
  ({ httpOnly: true, sameSite: 'lax', path: '/', secure: isHttps(request) }) as const

function setCookies(request: NextRequest, response: NextResponse, values: string[], expires: Date): void {
  const options = optionsOf(request)
  values.forEach((value, n) => {
    response.cookies.set(chunkName(n), value, { ...options, expires })
  })
  for (let n = values.length; n < MAX_CHUNKS; n++)
    if (request.cookies.has(chunkName(n))) response.cookies.set(chunkName(n), '', { ...options, maxAge: 0 })
}

/** Keeps a token of the API in the browser until it expires. */
export function startSession(
  request: NextRequest,
  response: NextResponse,
  token: string,
  expiresAt: Date | null,
): void {
  setCookies(request, response, [token], expiresAt ?? new Date(Date.now() + SESSION_MS))
}

/** Keeps a sealed session in the browser. Throws on one that is larger than a browser would send back. */
export function keepSealed(request: NextRequest, response: NextResponse, sealed: string): void {
  const chunks = sealed.match(new RegExp(`.{1,${CHUNK}}`, 'g')) ?? []
  if (chunks.length > MAX_CHUNKS)
    throw new Error(`the provider's tokens take ${sealed.length} characters; a browser keeps ${CHUNK * MAX_CHUNKS}`)
  const values = chunks.map((chunk, n) => (n === 0 ? `s${chunks.length}.${chunk}` : chunk))
  setCookies(request, response, values, new Date(Date.now() + SESSION_MS))
}

export function endSession(request: NextRequest, response: NextResponse): void {
  setCookies(request, response, [], new Date(0))
}
