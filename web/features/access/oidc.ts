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
import type { OidcSettings } from '@/lib/oidc-settings.ts'
import type { OidcSession } from './session.ts'

/** Seconds that the provider may take to answer. */
const TIMEOUT_S = 5
/** A provider need not say how long a token is good for (RFC 6749, section 5.1). The API knows, and says when it is over. */
const UNSAID_SECONDS = 300
/** A token is renewed so long before it ends, or after three quarters of its time if that is later. */
const RENEW_BEFORE_MS = 60_000

/** What has to be known when the browser comes back from the provider. */
export interface Login {
  state: string
  nonce: string
  verifier: string
  redirectUri: string
  /** Where to go then; a path of this site. */
  next: string
  /** Milliseconds since 1970. */
  until: number
}

/** Why the provider gave nothing: it answered with a refusal, or with nothing that is of use. */
export type Refusal = 'refused' | 'away'

/** Which of the two an error of this file is. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof AuthorizationResponseError)
    return error.error === 'temporarily_unavailable' || error.error === 'server_error' ? 'away' : 'refused'
  return error instanceof ResponseBodyError && error.status < 500 && error.status !== 429 ? 'refused' : 'away'
}

let known: { of: string; configuration: Promise<Configuration> } | undefined

/** What the provider says of itself, asked for once; again after it did not answer. */
function configurationOf(settings: OidcSettings): Promise<Configuration> {
  const of = JSON.stringify(settings)
  if (known?.of === of) return known.configuration
  const { issuer, clientId, clientSecret } = settings
  const configuration = discovery(issuer, clientId, undefined, authentication(clientSecret), {
    timeout: TIMEOUT_S,
    execute: issuer.protocol === 'http:' ? [allowInsecureRequests] : [],
  })
  known = { of, configuration }
  configuration.catch(() => {
    if (known?.configuration === configuration) known = undefined
  })
  return configuration
}

/** In the header unless the provider says that it takes the form alone (OpenID Connect Core 1.0, section 9). */
function authentication(secret: string | null): ClientAuth {
  if (secret === null) return None()
  const [basic, post] = [ClientSecretBasic(secret), ClientSecretPost(secret)]
  return (server, ...rest) => {
    const takes = server.token_endpoint_auth_methods_supported
    return (takes && !takes.includes('client_secret_basic') ? post : basic)(server, ...rest)
  }
}

const resourceOf = ({ resource }: OidcSettings): Record<string, string> => (resource === null ? {} : { resource })

/** Where to send a browser that wants to sign in. `again`: the provider asks who it is, even if it knows somebody. */
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

/** The tokens for the code in `search`, with which the provider sent the browser back. Rejects as `refusalOf` tells. */
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

/** The same session with new tokens. Rejects as `refusalOf` tells. */
export async function renew(settings: OidcSettings, session: OidcSession): Promise<OidcSession> {
  const configuration = await configurationOf(settings)
  const answer = await refreshTokenGrant(configuration, session.refreshToken ?? '', resourceOf(settings))
  return sessionOf(answer, session)
}

/** A provider that rotates refresh tokens gives a new one, and one that does not leaves the old one standing. */
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
 * Hands the refresh token back (RFC 7009), so that no copy of the session renews itself, and answers where the browser goes to
 * sign out at the provider too (OpenID Connect RP-Initiated Logout 1.0), each where that is offered. One that is not taken
 * back keeps nobody from signing out.
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
    await revoked.catch((error) => console.error('The identity provider did not take a refresh token back', error))
  }
  if (!end_session_endpoint) return null
  return buildEndSessionUrl(configuration, {
    ...(session.idToken && { id_token_hint: session.idToken }),
    ...(backTo && { post_logout_redirect_uri: backTo }),
  })
}
