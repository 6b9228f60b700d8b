import type { ApiKey, Prisma } from '../../../../prisma/generated/client/client.ts'
import type { Role } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { AuditSnapshot } from '../../audit/entry.ts'
import { containing } from '../../db/containing.ts'
import { type KeysetRange, prismaRange } from '../../db/keyset.ts'
import { hasRole, type Identity } from '../../identity/identity.ts'
import { readScope } from '../../identity/tenant-scope.ts'
import { badInput } from '../../kit/errors.ts'
import { escapeLike } from '../../kit/like.ts'

/** An API key without its hash, which stays in the database. */
export type ApiKeyRow = Omit<ApiKey, 'hash'>

export const WITHOUT_HASH = { hash: true } as const

/** Fields that are null, absent or empty do not filter. */
export interface ApiKeyFilter {
  tenantId?: string | null
  roles?: readonly Role[] | null
  /** True: neither revoked nor expired; false: revoked or expired. */
  usable?: boolean | null
  search?: string | null
}

export interface ApiKeyList {
  fetch(range: KeysetRange): Promise<ApiKeyRow[]>
  count(): Promise<number>
}

const MAX_SEARCH = 100

/** The keys that an ADMIN may see: those of the ADMIN's tenant, or all for an unbound ADMIN. */
const keysOf = ({ tenantId }: Identity): Prisma.ApiKeyWhereInput => (tenantId === null ? {} : { tenantId })

/** The keys that match a filter. Throws BAD_USER_INPUT immediately; the rows are read later, on demand. */
export function listApiKeys(core: AppContext, identity: Identity, filter?: ApiKeyFilter | null): ApiKeyList {
  const { tenantId, roles, usable } = filter ?? {}
  const search = filter?.search?.trim()
  const scope = readScope(identity, tenantId)
  if (search && search.length > MAX_SEARCH)
    throw badInput('filter.search', `has ${search.length} characters; expected at most ${MAX_SEARCH}`)
  if (search?.includes('\0')) throw badInput('filter.search', 'has a NUL character')
  if (scope === null) return { fetch: async () => [], count: async () => 0 }

  const conditions: Prisma.ApiKeyWhereInput[] = [keysOf(identity)]
  if (scope !== 'all') conditions.push({ tenantId: scope.tenantId })
  if (roles && roles.length > 0) conditions.push({ role: { in: [...roles] } })
  if (usable != null) {
    const now = new Date(core.clock())
    const isUsable = { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] }
    conditions.push(usable ? isUsable : { NOT: isUsable })
  }
  if (search) {
    conditions.push({ OR: [{ name: containing(search) }, { prefix: { startsWith: escapeLike(search) } }] })
  }
  return {
    async fetch(range) {
      const { where, ...page } = prismaRange(range)
      return core.db.prisma.apiKey.findMany({ where: { AND: [...conditions, where] }, ...page, omit: WITHOUT_HASH })
    },
    count: () => core.db.prisma.apiKey.count({ where: { AND: conditions } }),
  }
}

/** Reads the keys with these UUIDs that an identity may see. Only the role ADMIN sees keys. */
export async function loadApiKeys(
  { db }: AppContext,
  identity: Identity,
  ids: readonly string[],
): Promise<ApiKeyRow[]> {
  if (!hasRole(identity, 'ADMIN')) return []
  return db.prisma.apiKey.findMany({ where: { AND: [keysOf(identity), { id: { in: [...ids] } }] }, omit: WITHOUT_HASH })
}

/** A key as the audit trail shows it. */
export const apiKeySnapshot = ({ name, role, tenantId, prefix, expiresAt, revokedAt }: ApiKeyRow): AuditSnapshot => ({
  name,
  role,
  tenantId,
  prefix,
  expiresAt,
  revokedAt,
})
