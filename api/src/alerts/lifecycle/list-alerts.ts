import type { Prisma } from '../../../../prisma/generated/client/client.ts'
import type { AlertStatus, Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { type KeysetRange, prismaRange } from '../../db/keyset.ts'
import { type TimeWindow, windowMs } from '../../graphql/types/enums.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope } from '../../identity/tenant-scope.ts'
import { uuidOf } from '../../kit/ids.ts'
import { type AlertRow, alertsOf } from './alert.ts'

/** Fields that are null or absent, and empty lists, do not filter. */
export interface AlertFilter {
  statuses?: readonly AlertStatus[] | null
  severities?: readonly Severity[] | null
  tenantId?: string | null
  ruleId?: string | null
  window?: TimeWindow | null
}

/**
 * The alerts that match a filter and that an identity may see. Throws BAD_USER_INPUT immediately; the rows are read
 * later, on demand.
 */
export function listAlerts(core: AppContext, identity: Identity, filter?: AlertFilter | null) {
  const { statuses, severities, ruleId, window } = filter ?? {}
  const scope = readScope(identity, filter?.tenantId)
  const conditions: Prisma.AlertWhereInput[] = [alertsOf(identity)]
  if (scope !== null && scope !== 'all') conditions.push({ tenantId: scope.tenantId })
  if (statuses && statuses.length > 0) conditions.push({ status: { in: [...statuses] } })
  if (severities && severities.length > 0) conditions.push({ severity: { in: [...severities] } })
  if (ruleId != null) conditions.push({ ruleId: uuidOf('rul', ruleId, 'filter.ruleId') })
  const span = window ? windowMs(window) : null
  if (span !== null) {
    const since = new Date(core.clock() - span)
    // Includes every alert that was open at some time within the window, however long ago it began.
    conditions.push({ OR: [{ resolvedAt: null }, { resolvedAt: { gte: since } }] })
  }
  return {
    async fetch(range: KeysetRange): Promise<AlertRow[]> {
      if (scope === null) return []
      const { where, ...page } = prismaRange(range)
      return core.db.prisma.alert.findMany({ where: { AND: [...conditions, where] }, ...page })
    },
    count: async () => (scope === null ? 0 : core.db.prisma.alert.count({ where: { AND: conditions } })),
  }
}
