import type { Prisma } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import { type KeysetRange, prismaRange } from '../../db/keyset.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope } from '../../identity/tenant-scope.ts'
import type { SilenceRow } from './create-silence.ts'

/** Fields that are null or absent do not filter. */
export interface SilenceFilter {
  tenantId?: string | null
  /** True: silences that are active or begin later; false: those that have ended. */
  active?: boolean | null
}

/** The silences that an identity may read and end: those of its own tenant if it is bound, else all. */
export const silencesOf = (identity: Identity): Prisma.SilenceWhereInput =>
  identity.tenantId === null ? {} : { tenantId: identity.tenantId }

/**
 * The silences that match a filter and that an identity may see. Throws BAD_USER_INPUT immediately; the rows are read
 * later, on demand.
 */
export function listSilences(core: AppContext, identity: Identity, filter?: SilenceFilter | null) {
  const scope = readScope(identity, filter?.tenantId)
  const now = new Date(core.clock())
  const conditions: Prisma.SilenceWhereInput[] = [silencesOf(identity)]
  if (scope !== null && scope !== 'all') conditions.push({ tenantId: scope.tenantId })
  if (filter?.active != null) conditions.push({ endsAt: filter.active ? { gt: now } : { lte: now } })
  return {
    async fetch(range: KeysetRange): Promise<SilenceRow[]> {
      if (scope === null) return []
      const { where, ...page } = prismaRange(range)
      return core.db.prisma.silence.findMany({ where: { AND: [...conditions, where] }, ...page })
    },
    count: async () => (scope === null ? 0 : core.db.prisma.silence.count({ where: { AND: conditions } })),
  }
}
