import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Identity } from '../identity/identity.ts'
import { checkTenantSlug } from '../identity/tenant-scope.ts'
import { AppError, badInput } from '../kit/errors.ts'
import { readableName, rolesAmong } from './oidc/oidc-claims.ts'

/** Identities that a gateway in front of the API has authenticated (AUTH_MODE=headers). */
export interface Gateway {
  /**
   * The identity that the gateway's headers name, bound to the tenant in X-Tenant-ID. Null if the headers name no user
   * or contain no valid secret. Throws BAD_USER_INPUT and UNAUTHENTICATED for inconsistent headers.
   */
  identify(headers: IncomingHttpHeaders): Identity | null
}

const NAMING = ['x-user-id', 'x-user-name', 'x-user-roles']
const MAX_ID = 255

/**
 * Accepts the headers only with the right X-Gateway-Secret. Compares digests of the secrets in constant time, because
 * digests have equal lengths.
 */
export function createGateway(secret: string): Gateway {
  const expected = digest(secret)
  return {
    identify(headers) {
      const secretHeader = headers['x-gateway-secret']
      if (typeof secretHeader !== 'string' || !timingSafeEqual(digest(secretHeader), expected)) return null
      if (!NAMING.some((name) => headers[name])) return null
      const name = readableName(text(headers['x-user-name']))
      const id = text(headers['x-user-id']).trim() || name
      if (id === null) throw new AppError('UNAUTHENTICATED', 'X-User-Id is missing: the gateway must name the user')
      if (id.length > MAX_ID) throw badInput('X-User-Id', `has ${id.length} characters; expected at most ${MAX_ID}`)
      const roles = rolesAmong(
        text(headers['x-user-roles'])
          .split(',')
          .map((role) => role.trim()),
      )
      const tenant = headers['x-tenant-id']
      const tenantId = tenant === undefined ? null : checkTenantSlug(String(tenant), 'X-Tenant-ID')
      return { kind: 'USER', id, name, roles, tenantId }
    },
  }
}

const digest = (value: string) => createHash('sha256').update(value).digest()

/** Node decodes headers as Latin-1; gateways send names in UTF-8. */
function text(header: string | string[] | undefined): string {
  const bytes = Buffer.from(String(header ?? ''), 'latin1')
  const decoded = bytes.toString('utf8')
  return decoded.includes('\ufffd') ? bytes.toString('latin1') : decoded
}
