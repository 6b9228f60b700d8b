import type { Metadata } from 'next'
import { createLoader, type SearchParams } from 'nuqs/server'
import { RuleList } from '@/features/alerts/rules/documents.ts'
import { RULE_KEYS, ruleFilter } from '@/features/alerts/rules/params.ts'
import { RulesPage } from '@/features/alerts/rules/RulesPage.tsx'
import { listPageParsers } from '@/lib/lists/list-params.ts'
import { PAGE_SIZE } from '@/lib/lists/page-size.ts'
import { ask, seedsOf } from '@/lib/server/server-query.ts'

export const metadata: Metadata = { title: 'Alert rules' }

const load = createLoader(listPageParsers(RULE_KEYS))

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const params = await load(searchParams)
  const filter = ruleFilter(params, params.tenant)
  return <RulesPage seeds={await seedsOf(ask(RuleList, { filter, first: PAGE_SIZE }))} />
}
