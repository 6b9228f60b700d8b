import type { JWTPayload } from 'jose'
import { Role } from '../../../../prisma/generated/client/enums.ts'
import type { Env } from '../../env.ts'
import { TENANT_SLUG } from '../../identity/tenant-scope.ts'

/** The settings that name the claims with roles, tenant and name. */
export type ClaimSettings = Pick<
  Env,
  'OIDC_ROLES_CLAIM' | 'OIDC_ROLE_MAP' | 'OIDC_TENANT_CLAIM' | 'OIDC_TENANT_REQUIRED' | 'OIDC_NAME_CLAIM'
>

const MAX_NAME = 200
// biome-ignore lint/suspicious/noControlCharactersInRegex: this removes them; names go to logs, lists and the database
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g

/** The display name without control characters; null if nothing else is in it. */
export function readableName(value: unknown): string | null {
  if (typeof value !== 'string') return null
  return value.replace(CONTROL, ' ').trim().slice(0, MAX_NAME).toWellFormed() || null
}

/**
 * The roles among these names. `map` translates names to roles; other names count if they are roles of AetherLink, in
 * any letter case.
 */
export function rolesAmong(names: readonly string[], map?: ReadonlyMap<string, Role>): Role[] {
  const roles = new Set<Role>()
  for (const name of names) {
    const role = map?.get(name) ?? OWN.get(name.toUpperCase())
    if (role) roles.add(role)
  }
  return [...roles]
}

const OWN: ReadonlyMap<string, Role> = new Map(Object.values(Role).map((role) => [role, role]))

/**
 * The roles in a token. The claim is an array of names, or names separated by spaces like `scope` (RFC 8693, section
 * 4.2).
 */
export function rolesIn(claims: JWTPayload, settings: ClaimSettings): Role[] {
  const claim = claimAt(claims, settings.OIDC_ROLES_CLAIM)
  const names = typeof claim === 'string' ? claim.split(/\s+/) : Array.isArray(claim) ? claim : []
  return rolesAmong(
    names.filter((name) => typeof name === 'string'),
    settings.OIDC_ROLE_MAP,
  )
}

/**
 * The tenants that a token is bound to; null if it is bound to none. A claim that is present but names no valid tenant
 * is returned as `problem`: treating the token as unbound would give it access to every tenant.
 */
export function tenantsIn(claims: JWTPayload, settings: ClaimSettings): readonly string[] | null | { problem: string } {
  const claim = settings.OIDC_TENANT_CLAIM
  const value = claimAt(claims, claim)
  if (value === undefined)
    return settings.OIDC_TENANT_REQUIRED ? { problem: `the token has no tenant (claim ${claim})` } : null
  const named: unknown[] = Array.isArray(value) ? value : [value]
  const tenants = [...new Set(named)].filter((name) => typeof name === 'string' && TENANT_SLUG.test(name)) as string[]
  if (tenants.length === new Set(named).size && tenants.length > 0) return tenants
  const came = JSON.stringify(value).slice(0, 80)
  return { problem: `the token's tenant (claim ${claim}) is ${came}; expected a name such as tenant-acme, or several` }
}

export const nameIn = (claims: JWTPayload, settings: ClaimSettings): string | null =>
  readableName(claimAt(claims, settings.OIDC_NAME_CLAIM)) ?? readableName(claims.name)

/**
 * The claim of this name, which may be a URL with dots. If there is none, the claim at the path of the name's dotted
 * parts.
 */
function claimAt(claims: object, path: string): unknown {
  if (Object.hasOwn(claims, path)) return Reflect.get(claims, path)
  let value: unknown = claims
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = Reflect.get(value, key)
  }
  return value
}
