import type { ActorKind, Role } from '../../../prisma/generated/client/enums.ts'

/** The sender of a request: an actor, the actor's roles, and the tenant that it is bound to (null: none). */
export interface Identity {
  kind: ActorKind
  /** TypeID of an API key, subject of a user, or name of a part of the system. */
  id: string
  name: string | null
  roles: readonly Role[]
  tenantId: string | null
  /** Set if X-Tenant-ID narrows an unbound identity to `tenantId` for this request. */
  narrowed?: true
  /** All tenants of an identity that belongs to several; `tenantId` is the one that the request has chosen. */
  tenants?: readonly string[]
  /** The instant at which the credential expires; absent: it has no expiry. */
  expiresAt?: Date
}

const RANK: Record<Role, number> = { VIEWER: 0, AGENT: 1, OPERATOR: 2, ADMIN: 3 }

/** Each role includes the rights of the roles below it: VIEWER < AGENT < OPERATOR < ADMIN. */
export const hasRole = (identity: Identity, least: Role): boolean =>
  identity.roles.some((role) => RANK[role] >= RANK[least])

/** A part of the system itself, acting for no user. */
export const system = (name: string): Identity => ({ kind: 'SYSTEM', id: name, name, roles: ['ADMIN'], tenantId: null })
