import type { Metadata } from 'next'
import { createLoader, type SearchParams } from 'nuqs/server'
import { SilenceList } from '@/features/alerts/silences/documents.ts'
import { SILENCE_KEYS, silenceFilter } from '@/features/alerts/silences/params.ts'
import { SilencesPage } from '@/features/alerts/silences/SilencesPage.tsx'
import { listPageParsers } from '@/lib/lists/list-params.ts'
import { PAGE_SIZE } from '@/lib/lists/page-size.ts'
import { ask, seedsOf } from '@/lib/server/server-query.ts'

export const metadata: Metadata = { title: 'Silences' }

const load = createLoader(listPageParsers(SILENCE_KEYS))

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const params = await load(searchParams)
  const filter = silenceFilter(params, params.tenant)
  return <SilencesPage seeds={await seedsOf(ask(SilenceList, { filter, first: PAGE_SIZE }))} />
}
