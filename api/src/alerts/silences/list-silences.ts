import type { Prisma } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import { type KeysetRange, prismaRange } from '../../db/keyset.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope } from '../../identity/tenant-scope.ts'
import type { SilenceRow } from './create-silence.ts'

/** Null and left out do not narrow. */
export interface SilenceFilter {
  tenantId?: string | null
  /** Whether it holds now or has yet to begin. */
  active?: boolean | null
}

/** The silences that an identity may see and end: of a tenant its own alone. */
export const silencesOf = (identity: Identity): Prisma.SilenceWhereInput =>
  identity.tenantId === null ? {} : { tenantId: identity.tenantId }

/** The silences that a filter leaves of those. Throws BAD_USER_INPUT at once; rows are read when asked for. */
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
