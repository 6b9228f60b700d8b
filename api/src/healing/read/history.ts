import type { Prisma } from '../../../../prisma/generated/client/client.ts'
import type { HealOutcome } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { type KeysetRange, prismaRange } from '../../db/keyset.ts'
import { type TimeWindow, windowMs } from '../../graphql/types/enums.ts'
import type { Identity } from '../../identity/identity.ts'
import { uuidFloor, uuidOf } from '../../kit/ids.ts'
import { type AttemptRow, seesHealing } from '../operate/load.ts'

/** Fields that are null or absent, and empty lists, do not filter. */
export interface HealAttemptFilter {
  targetId?: string | null
  containers?: readonly string[] | null
  outcomes?: readonly HealOutcome[] | null
  window?: TimeWindow | null
}

export interface AttemptList {
  fetch(range: KeysetRange): Promise<AttemptRow[]>
  count(): Promise<number>
}

/** The ended attempts that match a filter. Throws BAD_USER_INPUT immediately; the rows are read later, on demand. */
export function listAttempts(core: AppContext, identity: Identity, filter?: HealAttemptFilter | null): AttemptList {
  const { targetId, containers, outcomes, window } = filter ?? {}
  const conditions: Prisma.HealAttemptWhereInput[] = [{ outcome: { not: null } }]
  if (targetId) conditions.push({ targetId: uuidOf('tgt', targetId, 'filter.targetId') })
  if (containers && containers.length > 0) conditions.push({ container: { in: [...containers] } })
  if (outcomes && outcomes.length > 0) conditions.push({ outcome: { in: [...outcomes] } })
  const spanMs = window ? windowMs(window) : null
  if (spanMs !== null) conditions.push({ id: { gte: uuidFloor(core.clock() - spanMs) } })
  if (!seesHealing(identity)) return { fetch: async () => [], count: async () => 0 }
  return {
    fetch(range) {
      const { where, ...page } = prismaRange(range)
      return core.db.prisma.healAttempt.findMany({ where: { AND: [...conditions, where] }, ...page })
    },
    count: () => core.db.prisma.healAttempt.count({ where: { AND: conditions } }),
  }
}
