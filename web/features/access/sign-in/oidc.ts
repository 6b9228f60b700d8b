import { randomUUID } from 'node:crypto'
import {
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  None,
  ResponseBodyError,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  type TokenEndpointResponse,
  tokenRevocation,
} from 'openid-client'
import type { OidcSettings } from '@/lib/server/oidc-settings.ts'
import type { OidcSession } from '../session.ts'

/** Timeout of requests to the provider in seconds. */
const TIMEOUT_S = 5
/**
 * Assumed lifetime of an access token if the provider states none (RFC 6749, section 5.1). The API knows the real
 * lifetime and refuses an expired token.
 */
const UNSAID_SECONDS = 300
/** A token is renewed this long before it expires, or after three quarters of its lifetime if that is later. */
const RENEW_BEFORE_MS = 60_000

/** State of a sign-in until the browser returns from the provider. */
export interface Login {
  state: string
  nonce: string
  verifier: string
  redirectUri: string
  /** Path of this site to open after signing in. */
  next: string
  /** When the sign-in expires, in milliseconds since 1970. */
  until: number
}

/** Why the provider returned no tokens: it refused, or it sent no usable response. */
export type Refusal = 'refused' | 'away'

/** Classifies an error thrown by this file. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof AuthorizationResponseError)
    return error.error === 'temporarily_unavailable' || error.error === 'server_error' ? 'away' : 'refused'
  return error instanceof ResponseBodyError && error.status < 500 && error.status !== 429 ? 'refused' : 'away'
}

let cached: { key: string; configuration: Promise<Configuration> } | undefined

/** The provider's metadata. It is cached, and requested again after a failure. */
function configurationOf(settings: OidcSettings): Promise<Configuration> {
  const key = JSON.stringify(settings)
  if (cached?.key === key) return cached.configuration
  const { issuer, clientId, clientSecret } = settings
  const configuration = discovery(issuer, clientId, undefined, authentication(clientSecret), {
    timeout: TIMEOUT_S,
    execute: issuer.protocol === 'http:' ? [allowInsecureRequests] : [],
  })
  cached = { key, configuration }
  configuration.catch(() => {
    if (cached?.configuration === configuration) cached = undefined
  })
  return configuration
}

/**
 * Client authentication in the header, unless the provider supports it only in the form (OpenID Connect Core 1.0,
 * section 9).
 */
function authentication(secret: string | null): ClientAuth {
  if (secret === null) return None()
  const [basic, post] = [ClientSecretBasic(secret), ClientSecretPost(secret)]
  return (server, ...rest) => {
    const takes = server.token_endpoint_auth_methods_supported
    return (takes && !takes.includes('client_secret_basic') ? post : basic)(server, ...rest)
  }
}

const resourceOf = ({ resource }: OidcSettings): Record<string, string> => (resource === null ? {} : { resource })

/** The provider URL for signing in. `again` makes the provider prompt even with an existing session. */
export async function beginLogin(
  settings: OidcSettings,
  { redirectUri, next, again, until }: { redirectUri: string; next: string; again: boolean; until: number },
): Promise<{ login: Login; url: URL }> {
  const configuration = await configurationOf(settings)
  const login = {
    state: randomState(),
    nonce: randomNonce(),
    verifier: randomPKCECodeVerifier(),
    redirectUri,
    next,
    until,
  }
  const url = buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope: settings.scopes,
    state: login.state,
    nonce: login.nonce,
    code_challenge: await calculatePKCECodeChallenge(login.verifier),
    code_challenge_method: 'S256',
    ...(again && { prompt: 'login' }),
    ...resourceOf(settings),
  })
  return { login, url }
}

/**
 * Exchanges the code in `search` for tokens. `search` is the query with which the provider redirected the browser.
 * Rejects with an error for `refusalOf`.
 */
export async function finishLogin(settings: OidcSettings, login: Login, search: string): Promise<OidcSession> {
  const configuration = await configurationOf(settings)
  const answer = await authorizationCodeGrant(
    configuration,
    new URL(login.redirectUri + search),
    { expectedState: login.state, expectedNonce: login.nonce, pkceCodeVerifier: login.verifier, idTokenExpected: true },
    resourceOf(settings),
  )
  return sessionOf(answer, { id: randomUUID(), subject: answer.claims()?.sub, refreshToken: null, idToken: null })
}

/** Renews the tokens of a session. Rejects with an error for `refusalOf`. */
export async function renew(settings: OidcSettings, session: OidcSession): Promise<OidcSession> {
  const configuration = await configurationOf(settings)
  const answer = await refreshTokenGrant(configuration, session.refreshToken ?? '', resourceOf(settings))
  return sessionOf(answer, session)
}

/**
 * The session after a token response. A provider that rotates refresh tokens returns a new one; otherwise the old one
 * remains valid.
 */
function sessionOf(
  { access_token, refresh_token, id_token, expires_in = UNSAID_SECONDS }: TokenEndpointResponse,
  before: Pick<OidcSession, 'id' | 'subject' | 'refreshToken' | 'idToken'>,
): OidcSession {
  const now = Date.now()
  const seconds = Math.max(1, expires_in)
  const expiresAt = now + seconds * 1_000
  return {
    id: before.id,
    subject: before.subject,
    accessToken: access_token,
    refreshToken: refresh_token ?? before.refreshToken,
    idToken: id_token ?? before.idToken,
    renewAt: Math.max(expiresAt - RENEW_BEFORE_MS, now + seconds * 750),
    expiresAt,
  }
}

/**
 * Revokes the refresh token (RFC 7009), so that copies of the session cannot be renewed. Returns the provider's
 * sign-out URL (OpenID Connect RP-Initiated Logout 1.0). Each step is skipped if the provider does not support it. A
 * failed revocation does not prevent signing out.
 */
export async function endAtProvider(
  settings: OidcSettings,
  session: OidcSession,
  backTo: string | null,
): Promise<URL | null> {
  const configuration = await configurationOf(settings)
  const { end_session_endpoint, revocation_endpoint } = configuration.serverMetadata()
  if (revocation_endpoint && session.refreshToken) {
    const revoked = tokenRevocation(configuration, session.refreshToken, { token_type_hint: 'refresh_token' })
    await revoked.catch((error) => console.error('The identity provider did not revoke a refresh token', error))
  }
  if (!end_session_endpoint) return null
  return buildEndSessionUrl(configuration, {
    ...(session.idToken && { id_token_hint: session.idToken }),
    ...(backTo && { post_logout_redirect_uri: backTo }),
  })
}
