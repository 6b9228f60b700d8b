import type { AppContext } from '../app-context.ts'
import type { Authenticate, WatchIdentity } from '../identity/authentication.ts'
import { type ApiKeys, createApiKeys } from './api-keys/api-keys.ts'
import { createAuthenticate } from './authenticate.ts'
import { createDevSignIn, type DevSignIn } from './dev-sign-in.ts'
import { createGateway } from './gateway.ts'
import { createOidcTokens } from './oidc/oidc.ts'
import { createWatch } from './watch-identity.ts'

/** Authenticates requests, and watches the identities of open connections. See docs/identity.md. */
export interface Access {
  authenticate: Authenticate
  watch: WatchIdentity
  apiKeys: ApiKeys
  /** Null unless AUTH_MODE=dev. */
  dev: DevSignIn | null
}

/**
 * Enables the credentials that the settings allow. env.ts checks that settings which need each other are set together.
 */
export function createAccess(core: AppContext): Access {
  const { AUTH_MODE, GATEWAY_SECRET, OIDC_ISSUER, OIDC_AUDIENCE } = core.env
  const apiKeys = createApiKeys(core)
  const dev = AUTH_MODE === 'dev' ? createDevSignIn(core) : null
  const gateway = AUTH_MODE === 'headers' && GATEWAY_SECRET ? createGateway(GATEWAY_SECRET) : null
  const oidc = OIDC_ISSUER && OIDC_AUDIENCE ? createOidcTokens(core, OIDC_ISSUER, OIDC_AUDIENCE) : null
  const authenticate = createAuthenticate({ keys: apiKeys, oidc, gateway, dev })
  return {
    authenticate,
    watch: createWatch(authenticate, core, apiKeys),
    apiKeys,
    dev,
  }
}
