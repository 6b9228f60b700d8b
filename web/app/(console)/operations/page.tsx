import type { Metadata } from 'next'
import { createLoader, parseAsString, type SearchParams } from 'nuqs/server'
import { BulkReplayList } from '@/features/bulk-replay/documents.ts'
import { OperationsPage } from '@/features/bulk-replay/OperationsPage.tsx'
import { statusesOf, viewParser } from '@/features/bulk-replay/params.ts'
import { PAGE_SIZE } from '@/lib/lists/page-size.ts'
import { ask, seedsOf } from '@/lib/server/server-query.ts'

export const metadata: Metadata = { title: 'Operations' }

const load = createLoader({ is: viewParser, tenant: parseAsString })

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const { is, tenant } = await load(searchParams)
  const variables = { tenantId: tenant, statuses: statusesOf(is), first: PAGE_SIZE }
  return <OperationsPage seeds={await seedsOf(ask(BulkReplayList, variables))} />
}
