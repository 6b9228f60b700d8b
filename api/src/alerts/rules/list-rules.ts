import type { Prisma } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import { containing } from '../../db/containing.ts'
import { type KeysetRange, prismaRange } from '../../db/keyset.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope } from '../../identity/tenant-scope.ts'
import { badInput } from '../../kit/errors.ts'
import { type AlertRuleRow, rulesOf } from './rule.ts'

/** Fields that are null or absent do not filter. */
export interface AlertRuleFilter {
  tenantId?: string | null
  enabled?: boolean | null
  search?: string | null
}

const MAX_SEARCH = 200

/**
 * The rules that match a filter and that an identity may see. Throws BAD_USER_INPUT immediately; the rows are read
 * later, on demand.
 */
export function listRules(core: AppContext, identity: Identity, filter?: AlertRuleFilter | null) {
  const scope = readScope(identity, filter?.tenantId)
  const search = filter?.search?.trim()
  if (search && (search.length > MAX_SEARCH || search.includes('\0')))
    throw badInput('filter.search', `expected at most ${MAX_SEARCH} characters, and no NUL`)
  const conditions: Prisma.AlertRuleWhereInput[] = [rulesOf(identity)]
  if (scope !== null && scope !== 'all') conditions.push({ tenantId: scope.tenantId })
  if (filter?.enabled != null) conditions.push({ enabled: filter.enabled })
  if (search) {
    // Prisma passes % and _ to LIKE unescaped.
    const contains = containing(search)
    conditions.push({
      OR: [{ name: contains }, { description: contains }, { eventType: contains }, { source: contains }],
    })
  }
  return {
    async fetch(range: KeysetRange): Promise<AlertRuleRow[]> {
      if (scope === null) return []
      const { where, ...page } = prismaRange(range)
      return core.db.prisma.alertRule.findMany({ where: { AND: [...conditions, where] }, ...page })
    },
    count: async () => (scope === null ? 0 : core.db.prisma.alertRule.count({ where: { AND: conditions } })),
  }
}
