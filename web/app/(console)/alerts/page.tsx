import type { Metadata } from 'next'
import { createLoader, type SearchParams } from 'nuqs/server'
import { AlertsPage } from '@/features/alerts/AlertsPage.tsx'
import { AlertList } from '@/features/alerts/documents.ts'
import { ALERT_KEYS, alertFilter } from '@/features/alerts/params.ts'
import { listPageParsers } from '@/lib/lists/list-params.ts'
import { PAGE_SIZE } from '@/lib/lists/page-size.ts'
import { ask, seedsOf } from '@/lib/server/server-query.ts'

export const metadata: Metadata = { title: 'Alerts' }

const load = createLoader(listPageParsers(ALERT_KEYS))

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const params = await load(searchParams)
  const filter = alertFilter(params, params.tenant)
  return <AlertsPage seeds={await seedsOf(ask(AlertList, { filter, first: PAGE_SIZE }))} />
}
