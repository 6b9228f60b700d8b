import type { AdapterPayload, Configuration, JWKS, Provider } from 'oidc-provider'
import { SIGN_IN } from './sign-in.ts'
import { createAdapter } from './storage.ts'

/** A user who can sign in. `claims` are part of every access token; `name` is `preferred_username`. */
export interface TestUser {
  name: string
  claims: Record<string, unknown>
}

export const CLIENT_ID = 'aetherlink-web'
export const AUDIENCE = 'aetherlink'
const RESOURCE = 'urn:aetherlink:api'

export interface ProviderState {
  keys: JWKS['keys']
  cookieKey: string
  stored: Map<string, AdapterPayload>
  users: ReadonlyMap<string, TestUser>
  lifetimes: { accessToken: number; refreshToken: number }
  redirectUris: string[]
  postLogoutRedirectUris: string[]
}

/**
 * Configuration of a provider with a trusted public client, one resource, and JWTs as access tokens. `provider` is
 * called when a grant is loaded.
 */
export function configurationOf(state: ProviderState, provider: () => Provider): Configuration {
  const { keys, cookieKey, stored, users, lifetimes, redirectUris, postLogoutRedirectUris } = state
  return {
    adapter: (model) => createAdapter(model, stored),
    jwks: { keys },
    clients: [
      {
        client_id: CLIENT_ID,
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: redirectUris,
        post_logout_redirect_uris: postLogoutRedirectUris,
      },
    ],
    cookies: { keys: [cookieKey] },
    scopes: ['openid', 'profile', 'offline_access'],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'] },
    conformIdTokenClaims: false,
    findAccount: (_context, sub) => {
      const user = users.get(sub)
      return user && { accountId: sub, claims: () => ({ sub, name: user.name, preferred_username: user.name }) }
    },
    extraTokenClaims: (_context, token) =>
      'accountId' in token ? extraClaims(users.get(String(token.accountId))) : undefined,
    // The client is trusted, so there is no consent page.
    async loadExistingGrant({ oidc }) {
      const { client, session } = oidc
      const grant = new (provider().Grant)({ clientId: client?.clientId, accountId: session?.accountId })
      grant.addOIDCScope('openid profile offline_access')
      await grant.save()
      return grant
    },
    issueRefreshToken: () => true,
    ttl: {
      AccessToken: () => lifetimes.accessToken,
      IdToken: 3_600,
      RefreshToken: () => lifetimes.refreshToken,
      Session: 86_400,
      Grant: 86_400,
      Interaction: 600,
    },
    interactions: { url: (_context, interaction) => `${SIGN_IN}${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: '',
          audience: AUDIENCE,
          accessTokenTTL: lifetimes.accessToken,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  }
}

export const extraClaims = (user: TestUser | undefined) => user && { preferred_username: user.name, ...user.claims }
