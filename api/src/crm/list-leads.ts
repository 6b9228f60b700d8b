import type { Prisma } from '../../../prisma/generated/client/client.ts'
import type { LeadStatus } from '../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../app-context.ts'
import { containing } from '../db/containing.ts'
import { type KeysetRange, prismaRange } from '../db/keyset.ts'
import { createFilterReader } from '../graphql/filter.ts'
import type { TimeWindow } from '../graphql/types/enums.ts'
import type { Identity } from '../identity/identity.ts'
import { readScope } from '../identity/tenant-scope.ts'
import { badInputs } from '../kit/errors.ts'
import { uuidFloor } from '../kit/ids.ts'
import type { LeadRow } from './load.ts'

/** Fields that are null or absent, and empty lists, do not filter. */
export interface LeadFilter {
  tenantId?: string | null
  statuses?: readonly LeadStatus[] | null
  sources?: readonly string[] | null
  window?: TimeWindow | null
  since?: Date | null
  until?: Date | null
  search?: string | null
}

export interface LeadList {
  fetch(range: KeysetRange): Promise<LeadRow[]>
  count(): Promise<number>
}

/**
 * The leads that match a filter and that an identity may see. Throws BAD_USER_INPUT immediately; the rows are read
 * later, on demand.
 */
export function listLeads(core: AppContext, identity: Identity, filter?: LeadFilter | null): LeadList {
  const fields = filter ?? {}
  const reader = createFilterReader(['filter'])
  const statuses = reader.listed('statuses', fields.statuses)
  const sources = reader.listed('sources', fields.sources)
  for (const source of sources ?? []) reader.text('sources', source)
  const search = reader.search(fields.search)
  const { since, until } = reader.span(fields, core.clock())
  if (reader.issues.length > 0) throw badInputs(reader.issues)
  const scope = readScope(identity, fields.tenantId)
  if (scope === null) return { fetch: async () => [], count: async () => 0 }

  const conditions: Prisma.LeadWhereInput[] = []
  if (scope !== 'all') conditions.push({ tenantId: scope.tenantId })
  if (statuses) conditions.push({ status: { in: [...statuses] } })
  if (sources) conditions.push({ source: { in: [...sources] } })
  // Times become ranges of `id`, because a UUIDv7 begins with the creation time of its lead.
  if (since !== null) conditions.push({ id: { gte: uuidFloor(since) } })
  if (until !== null) conditions.push({ id: { lt: uuidFloor(until) } })
  if (search) {
    // Prisma passes % and _ to LIKE unescaped.
    const contains = containing(search)
    const columns = ['name', 'email', 'phone', 'company', 'notes'] as const
    conditions.push({ OR: columns.map((column) => ({ [column]: contains })) })
  }
  return {
    fetch(range) {
      const { where, ...page } = prismaRange(range)
      return core.db.prisma.lead.findMany({ where: { AND: [...conditions, where] }, ...page })
    },
    count: () => core.db.prisma.lead.count({ where: { AND: conditions } }),
  }
}
