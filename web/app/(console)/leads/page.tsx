import type { Metadata } from 'next'
import { createLoader, type SearchParams } from 'nuqs/server'
import { LeadList } from '@/features/crm/documents.ts'
import { LeadsPage } from '@/features/crm/LeadsPage.tsx'
import { LEAD_KEYS, leadFilter } from '@/features/crm/params.ts'
import { listPageParsers } from '@/lib/lists/list-params.ts'
import { PAGE_SIZE } from '@/lib/lists/page-size.ts'
import { ask, seedsOf } from '@/lib/server/server-query.ts'

export const metadata: Metadata = { title: 'Leads' }

const load = createLoader(listPageParsers(LEAD_KEYS))

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const params = await load(searchParams)
  const filter = leadFilter(params, params.tenant)
  return <LeadsPage seeds={await seedsOf(ask(LeadList, { filter, first: PAGE_SIZE }))} />
}
