import type { Metadata } from 'next'
import { createLoader, type SearchParams } from 'nuqs/server'
import { NowCauses, NowEvents, NowOverview, NowSuggestions, NowWebhooks } from '@/features/now/documents.ts'
import { NowPage } from '@/features/now/NowPage.tsx'
import { listParsers, WINDOWS } from '@/lib/lists/windows.ts'
import { ask, seedsOf } from '@/lib/server/server-query.ts'

export const metadata: Metadata = { title: 'Now' }

const load = createLoader(listParsers)

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const params = await load(searchParams)
  const tenantId = params.tenant
  const window = WINDOWS[params.window].value
  const seeds = await seedsOf(
    ask(NowOverview, { filter: { tenantId, window } }),
    ask(NowWebhooks, { tenantId, window }),
    ask(NowCauses, { tenantId }),
    ask(NowSuggestions, { tenantId }),
    ask(NowEvents, { filter: { tenantId, window } }),
  )
  return <NowPage seeds={seeds} />
}
