import { asPath, badInput, forbidden } from '../kit/errors.ts'
import { hasRole, type Identity } from './identity.ts'

/** The tenant of events that name no tenant. It needs no row: every installation has it. */
export const DEFAULT_TENANT = 'default'

/** The rows that an identity may see: those of one tenant, or all. Only this file decides which. */
export type TenantScope = { tenantId: string } | 'all'

export const TENANT_SLUG = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/

/** Throws BAD_USER_INPUT for an invalid tenant name. */
export function checkTenantSlug(slug: string, path: string | readonly string[]): string {
  if (TENANT_SLUG.test(slug)) return slug
  const came = JSON.stringify(slug.length > 80 ? `${slug.slice(0, 80)}…` : slug)
  throw badInput(
    path,
    `${came} is not a tenant; expected 1 to 63 lower-case letters, digits, - and _, beginning and ending with a letter or digit`,
  )
}

/**
 * The scope of a read. `requested` is the tenant that a filter names. A bound identity sees its own tenant only: if it
 * names another, the result is null, and the caller answers as if there were no rows. An unbound identity may name any
 * tenant.
 */
export function readScope(identity: Identity, requested?: string | null, path = 'filter.tenantId'): TenantScope | null {
  if (requested != null) checkTenantSlug(requested, path)
  if (identity.tenantId === null) return requested == null ? 'all' : { tenantId: requested }
  if (requested != null && requested !== identity.tenantId) return null
  return { tenantId: identity.tenantId }
}

/** Whether an identity may see a row of this tenant (null: a row of the installation). */
export const reaches = (identity: Identity, rowTenantId: string | null): boolean =>
  identity.tenantId === null || identity.tenantId === rowTenantId

/** A Prisma condition for the rows that an identity may see: those of its tenant, or all if it is not bound. */
export const withinTenant = ({ tenantId }: Identity): { tenantId?: string } => (tenantId === null ? {} : { tenantId })

/**
 * The tenant of a new object. A bound identity creates objects in its own tenant only. An unbound identity may name a
 * tenant, which requires the role OPERATOR. If it names none, the result is null, and the caller decides what that
 * means.
 */
export function writeTenant(
  identity: Identity,
  requested: string | null | undefined,
  path = 'input.tenantId',
): string | null {
  if (requested == null) return identity.tenantId
  checkTenantSlug(requested, path)
  // The audit trail records the tenant that the caller tried to use.
  const told = { path: asPath(path), tenant: requested }
  if (identity.tenantId !== null) {
    if (requested === identity.tenantId) return requested
    throw forbidden(
      `${path}: this identity is bound to tenant ${identity.tenantId} and cannot act for ${requested}`,
      told,
    )
  }
  if (!hasRole(identity, 'OPERATOR')) throw forbidden(`${path}: naming a tenant requires the role OPERATOR`, told)
  return requested
}

/** Throws FORBIDDEN for a bound identity, which may not decide which tenants exist and what limits they have. */
export function unboundOnly({ tenantId }: Identity): void {
  if (tenantId !== null)
    throw forbidden('tenants are managed by an ADMIN that is bound to none; this identity is bound to one')
}

/**
 * Throws FORBIDDEN for an identity that is bound to a tenant. `what` names the objects that belong to the installation,
 * such as "services".
 */
export function installationOnly({ tenantId }: Identity, what: string): void {
  if (tenantId !== null)
    throw forbidden(`${what} belong to the installation; this identity is bound to a tenant and cannot act on them`)
}
