import type { IncomingHttpHeaders } from 'node:http'
import { AppError, forbidden } from '../kit/errors.ts'
import type { DevSignIn } from './dev.ts'
import { hasRole, type Identity } from './identity.ts'
import { type ApiKeys, KEY_PREFIX } from './keys.ts'
import { checkTenantSlug } from './tenants.ts'

/** Who sent a request, from its headers; null when they name no one. Synchronous once the bearer is known. */
export type Authenticate = (headers: IncomingHttpHeaders) => Promise<Identity | null> | Identity | null

/**
 * Proof of identity is `Authorization: Bearer <API key or token>` or `X-API-Key`. Headers that merely claim something
 * (X-User-Roles) are not looked at; X-Tenant-ID only narrows what an identity that is bound to no tenant may do anyway.
 */
export function createAuthenticate({ keys, dev }: { keys: ApiKeys; dev: DevSignIn | null }): Authenticate {
  return (headers) => {
    const bearer = bearerOf(headers)
    if (bearer === null) return null
    const found = bearer.startsWith(KEY_PREFIX) ? keys.identify(bearer) : (dev?.verify(bearer) ?? null)
    const tenant = headers['x-tenant-id']
    if (tenant === undefined) return found
    return found instanceof Promise ? found.then((identity) => narrow(identity, tenant)) : narrow(found, tenant)
  }
}

/** What a request without an acceptable identity is told. */
export const unauthenticated = (): AppError =>
  new AppError(
    'UNAUTHENTICATED',
    'this takes an API key or a token that is known and not expired, as "Authorization: Bearer ..." or "X-API-Key: ..."',
  )

const BEARER = /^Bearer +(\S+) *$/i

function bearerOf(headers: IncomingHttpHeaders): string | null {
  const key = headers['x-api-key']
  if (typeof key === 'string' && key !== '') return key
  return (headers.authorization && BEARER.exec(headers.authorization)?.[1]) || null
}

/**
 * X-Tenant-ID makes an unbound identity one that is bound to that tenant, for this request. For an AGENT that would be a way
 * to publish for a tenant it may not name (access/tenants.ts), so it is refused.
 */
function narrow(identity: Identity | null, header: string | string[]): Identity | null {
  if (identity === null || identity.tenantId !== null) return identity
  const tenantId = checkTenantSlug(String(header), 'X-Tenant-ID')
  if (hasRole(identity, 'AGENT') && !hasRole(identity, 'OPERATOR')) {
    throw forbidden('X-Tenant-ID: naming a tenant takes the role OPERATOR')
  }
  return { ...identity, tenantId }
}
