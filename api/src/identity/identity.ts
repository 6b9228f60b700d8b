import type { ActorKind, Role } from '../../../prisma/generated/client/enums.ts'

/** Who is asking: an actor, its role, and the tenant it is bound to (null: to none). */
export interface Identity {
  kind: ActorKind
  /** TypeID of a key, subject of a user, or the name of a part of the system. */
  id: string
  name: string | null
  roles: readonly Role[]
  tenantId: string | null
  /** It is bound to no tenant, and keeps to this one for a request, by X-Tenant-ID. */
  narrowed?: true
  /** Where it belongs to several tenants, all of them; `tenantId` is the one that a request has chosen. */
  tenants?: readonly string[]
  /** When what proved it stops doing so; absent: it says no time. */
  expiresAt?: Date
}

const RANK: Record<Role, number> = { VIEWER: 0, AGENT: 1, OPERATOR: 2, ADMIN: 3 }

/** Each role holds the rights of those below it: VIEWER < AGENT < OPERATOR < ADMIN. */
export const hasRole = (identity: Identity, least: Role): boolean =>
  identity.roles.some((role) => RANK[role] >= RANK[least])

/** A part of the system itself, acting on nobody's behalf. */
export const system = (name: string): Identity => ({ kind: 'SYSTEM', id: name, name, roles: ['ADMIN'], tenantId: null })
