import type { AlertRuleFilter } from '@/lib/graphql.ts'
import type { ListParams } from '@/lib/lists/list-params.ts'

/** The filters of the rules page, with their names in the URL. */
export const RULE_KEYS = ['is'] as const

type RuleParams = ListParams & Record<(typeof RULE_KEYS)[number], readonly string[]>

/** The API query of the rules page's URL. */
export const ruleFilter = ({ is, q }: RuleParams, tenantId: string | null): AlertRuleFilter => ({
  tenantId,
  enabled: is[0] === 'on' ? true : is[0] === 'off' ? false : null,
  search: q || null,
})
