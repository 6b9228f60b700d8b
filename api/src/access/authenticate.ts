import type { IncomingHttpHeaders } from 'node:http'
import type { Authenticate } from '../identity/authentication.ts'
import { deny } from '../identity/denied.ts'
import { hasRole, type Identity } from '../identity/identity.ts'
import { checkTenantSlug } from '../identity/tenant-scope.ts'
import { AppError } from '../kit/errors.ts'
import { type ApiKeys, KEY_PREFIX } from './api-keys/api-keys.ts'
import type { DevSignIn } from './dev-sign-in.ts'
import type { Gateway } from './gateway.ts'
import type { OidcTokens } from './oidc/oidc.ts'

/** The verifier of each kind of credential, or null if the settings do not enable that kind. */
export interface WaysIn {
  keys: ApiKeys
  oidc: OidcTokens | null
  gateway: Gateway | null
  dev: DevSignIn | null
}

/**
 * Authenticates by `Authorization: Bearer <API key or token>`, by `X-API-Key`, or by a gateway's secret together with
 * the identity that the gateway names. Identity headers without the gateway's secret, such as X-User-Roles, are
 * ignored. With a key or a token, X-Tenant-ID only narrows an unbound identity to one tenant, or chooses among the
 * tenants of the identity.
 */
export function createAuthenticate({ keys, oidc, gateway, dev }: WaysIn): Authenticate {
  const byToken = async (token: string): Promise<Identity | null> => {
    const signedIn = await dev?.verify(token)
    if (signedIn) return signedIn
    return oidc?.verify(token) ?? null
  }
  return (headers) => {
    const named = gateway?.identify(headers) ?? null
    if (named) return admit(named, undefined)
    const bearer = bearerOf(headers)
    if (bearer === null) return null
    const identified = bearer.startsWith(KEY_PREFIX)
      ? keys.identify(bearer)
      : dev === null && oidc !== null
        ? oidc.verify(bearer)
        : byToken(bearer)
    const tenant = headers['x-tenant-id']
    return identified instanceof Promise
      ? identified.then((identity) => admit(identity, tenant))
      : admit(identified, tenant)
  }
}

const BEARER = /^Bearer +(\S+) *$/i

function bearerOf(headers: IncomingHttpHeaders): string | null {
  const key = headers['x-api-key']
  if (typeof key === 'string' && key !== '') return key
  return (headers.authorization && BEARER.exec(headers.authorization)?.[1]) || null
}

type TenantHeader = string | string[] | undefined

function admit(identity: Identity | null, tenant: TenantHeader): Identity | null {
  if (identity === null) return null
  if (identity.roles.length === 0)
    throw deny(identity, 'this identity has no role; expected VIEWER, AGENT, OPERATOR or ADMIN')
  if (identity.tenants) return choose(identity, identity.tenants, tenant)
  return tenant === undefined ? identity : narrow(identity, tenant)
}

/**
 * Narrows an unbound identity to the tenant in X-Tenant-ID for this request. An AGENT is refused: the header would let
 * it publish for a tenant that it may not name (identity/tenant-scope.ts).
 */
function narrow(identity: Identity, header: string | string[]): Identity {
  if (identity.tenantId !== null) return identity
  const tenantId = checkTenantSlug(String(header), 'X-Tenant-ID')
  if (hasRole(identity, 'AGENT') && !hasRole(identity, 'OPERATOR'))
    throw deny(identity, 'X-Tenant-ID: naming a tenant requires the role OPERATOR', { requiredRole: 'OPERATOR' })
  return { ...identity, tenantId, narrowed: true }
}

/** An identity with several tenants must name one of them: a default could act in the wrong tenant. */
function choose(identity: Identity, tenants: readonly string[], header: TenantHeader): Identity {
  if (header === undefined) {
    const message = `X-Tenant-ID: is missing; expected the one of your tenants that this is for: ${tenants.join(', ')}`
    throw new AppError('BAD_USER_INPUT', message, { path: ['X-Tenant-ID'], tenants })
  }
  const tenantId = checkTenantSlug(String(header), 'X-Tenant-ID')
  if (!tenants.includes(tenantId))
    throw deny(identity, `X-Tenant-ID: expected one of your tenants: ${tenants.join(', ')}`)
  return { ...identity, tenantId }
}
