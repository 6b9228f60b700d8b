import type { Metadata } from 'next'
import { createLoader, type SearchParams } from 'nuqs/server'
import { AuditPage } from '@/features/audit/AuditPage.tsx'
import { AuditList } from '@/features/audit/documents.ts'
import { AUDIT_KEYS, auditFilter } from '@/features/audit/params.ts'
import { listPageParsers } from '@/lib/lists/list-params.ts'
import { PAGE_SIZE } from '@/lib/lists/page-size.ts'
import { ask, seedsOf } from '@/lib/server/server-query.ts'

export const metadata: Metadata = { title: 'Audit' }

const load = createLoader(listPageParsers(AUDIT_KEYS))

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const params = await load(searchParams)
  const filter = auditFilter(params, params.tenant)
  return <AuditPage seeds={await seedsOf(ask(AuditList, { filter, first: PAGE_SIZE }))} />
}
