import type { Prisma } from '../../../prisma/generated/client/client.ts'
import type { HealthStatus } from '../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../app-context.ts'
import { containing } from '../db/containing.ts'
import { type KeysetRange, prismaRange } from '../db/keyset.ts'
import type { Identity } from '../identity/identity.ts'
import { badInput } from '../kit/errors.ts'
import type { ServiceRow } from './announce.ts'
import { seesServices } from './load.ts'

/** Fields that are null or absent, and empty lists, do not filter. */
export interface ServiceFilter {
  statuses?: readonly HealthStatus[] | null
  tags?: readonly string[] | null
  search?: string | null
}

export interface ServiceList {
  fetch(range: KeysetRange): Promise<ServiceRow[]>
  count(): Promise<number>
}

const MAX_TEXT = 200

/**
 * The registered services that match a filter. Throws BAD_USER_INPUT immediately; the rows are read later, on demand.
 */
export function listServices(core: AppContext, identity: Identity, filter?: ServiceFilter | null): ServiceList {
  const { statuses, tags, search } = filter ?? {}
  if (search != null && (search.length > MAX_TEXT || search.includes('\0')))
    throw badInput('filter.search', `has ${search.length} characters; expected at most ${MAX_TEXT}, and no NUL`)
  if (!seesServices(identity)) return { fetch: async () => [], count: async () => 0 }
  const conditions: Prisma.ServiceWhereInput[] = []
  if (statuses && statuses.length > 0) conditions.push({ status: { in: [...statuses] } })
  if (tags && tags.length > 0) conditions.push({ tags: { hasSome: [...tags] } })
  if (search?.trim()) {
    // Prisma passes % and _ to LIKE unescaped.
    const contains = containing(search.trim())
    conditions.push({ OR: [{ name: contains }, { url: contains }, { owner: contains }] })
  }
  return {
    fetch(range) {
      const { where, ...page } = prismaRange(range)
      return core.db.prisma.service.findMany({ where: { AND: [...conditions, where] }, ...page })
    },
    count: () => core.db.prisma.service.count({ where: { AND: conditions } }),
  }
}
