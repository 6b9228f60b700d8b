import type { Prisma } from '../../../../prisma/generated/client/client.ts'
import type { AlertStatus, Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import { containing } from '../../db/containing.ts'
import { type KeysetRange, prismaRange } from '../../db/keyset.ts'
import { type TimeWindow, windowMs } from '../../graphql/types/enums.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope, withinTenant } from '../../identity/tenant-scope.ts'
import { memoize } from '../../kit/async/memoize.ts'
import { badInput } from '../../kit/errors.ts'
import { uuidOf } from '../../kit/ids.ts'
import { type AlertRow, alertsOf } from './alert.ts'

const MAX_SEARCH = 200

/** Fields that are null or absent, and empty lists, do not filter. */
export interface AlertFilter {
  statuses?: readonly AlertStatus[] | null
  severities?: readonly Severity[] | null
  tenantId?: string | null
  ruleId?: string | null
  /** Text in the name of the rule, the group, the source or the tenant, ignoring case. */
  search?: string | null
  window?: TimeWindow | null
}

/**
 * The alerts that match a filter and that an identity may see. Throws BAD_USER_INPUT immediately; the rows are read
 * later, on demand.
 */
export function listAlerts(core: AppContext, identity: Identity, filter?: AlertFilter | null) {
  const { statuses, severities, ruleId, window } = filter ?? {}
  const search = filter?.search?.trim()
  if (search && (search.length > MAX_SEARCH || search.includes('\0')))
    throw badInput('filter.search', `expected at most ${MAX_SEARCH} characters, and no NUL`)
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
  // Rows and count share it, because it reads the matching rules.
  const matching = memoize(
    async (): Promise<Prisma.AlertWhereInput[]> =>
      search ? [...conditions, await containsText(core, identity, search)] : conditions,
  )
  return {
    async fetch(range: KeysetRange): Promise<AlertRow[]> {
      if (scope === null) return []
      const { where, ...page } = prismaRange(range)
      return core.db.prisma.alert.findMany({ where: { AND: [...(await matching()), where] }, ...page })
    },
    count: async () => (scope === null ? 0 : core.db.prisma.alert.count({ where: { AND: await matching() } })),
  }
}

/** The alerts with a text in the name of their rule (also of a deleted one), their group, source or tenant. */
async function containsText(core: AppContext, identity: Identity, search: string): Promise<Prisma.AlertWhereInput> {
  const contains = containing(search)
  const rules = await core.db.prisma.alertRule.findMany({
    where: { name: contains, ...withinTenant(identity) },
    select: { id: true },
  })
  // A group key is a JSON array of strings, so quotation marks and backslashes are escaped in it.
  const inGroup = containing(JSON.stringify(search).slice(1, -1))
  return {
    OR: [
      { ruleId: { in: rules.map(({ id }) => id) } },
      { groupKey: inGroup },
      { source: contains },
      { tenantId: contains },
    ],
  }
}
