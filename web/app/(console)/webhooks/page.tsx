import type { Metadata } from 'next'
import { createLoader, type SearchParams } from 'nuqs/server'
import { TopFailing, WebhookList } from '@/features/webhooks/documents.ts'
import { WEBHOOK_KEYS, webhookFilter } from '@/features/webhooks/params.ts'
import { WebhooksPage } from '@/features/webhooks/WebhooksPage.tsx'
import { listPageParsers } from '@/lib/lists/list-params.ts'
import { PAGE_SIZE } from '@/lib/lists/page-size.ts'
import { WINDOWS } from '@/lib/lists/windows.ts'
import { ask, seedsOf } from '@/lib/server/server-query.ts'

export const metadata: Metadata = { title: 'Webhooks' }

const load = createLoader(listPageParsers(WEBHOOK_KEYS))

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const params = await load(searchParams)
  const filter = webhookFilter(params, params.tenant)
  const window = WINDOWS[params.window].value
  const seeds = await seedsOf(
    ask(WebhookList, { filter, window, first: PAGE_SIZE }),
    ask(TopFailing, { tenantId: params.tenant, window }),
  )
  return <WebhooksPage seeds={seeds} />
}
