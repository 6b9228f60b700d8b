import type { ActorKind, Role } from '../../../prisma/generated/client/enums.ts'

/** The sender of a request: an actor, the actor's roles, and the tenant that the actor is bound to (null: none). */
export interface Identity {
  kind: ActorKind
  /** The public id of an API key, the subject of a user, or the name of a part of the system. */
  id: string
  name: string | null
  roles: readonly Role[]
  tenantId: string | null
  /** Set if X-Tenant-ID narrows an unbound identity to `tenantId` for this request. */
  narrowed?: true
  /** All tenants of an identity that belongs to several; `tenantId` is the one that the request has chosen. */
  tenants?: readonly string[]
  /** When the credential expires; absent if it does not expire. */
  expiresAt?: Date
}

const RANK: Record<Role, number> = { VIEWER: 0, AGENT: 1, OPERATOR: 2, ADMIN: 3 }

/** Each role includes the rights of the roles below it: VIEWER < AGENT < OPERATOR < ADMIN. */
export const hasRole = (identity: Identity, least: Role): boolean =>
  identity.roles.some((role) => RANK[role] >= RANK[least])

/** The identity of a part of the system itself, which acts for no user. */
export const system = (name: string): Identity => ({ kind: 'SYSTEM', id: name, name, roles: ['ADMIN'], tenantId: null })
