import type { Metadata } from 'next'
import { createLoader, type SearchParams } from 'nuqs/server'
import { EventHistory, EventList } from '@/features/events/documents.ts'
import { EventsPage } from '@/features/events/EventsPage.tsx'
import { EVENT_KEYS, eventFilter } from '@/features/events/params.ts'
import { listPageParsers } from '@/lib/lists/list-params.ts'
import { PAGE_SIZE } from '@/lib/lists/page-size.ts'
import { ask, seedsOf } from '@/lib/server/server-query.ts'

export const metadata: Metadata = { title: 'Events' }

const load = createLoader(listPageParsers(EVENT_KEYS))

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const params = await load(searchParams)
  const filter = eventFilter(params, params.tenant)
  const seeds = await seedsOf(
    ask(EventList, { filter, first: PAGE_SIZE }),
    ask(EventHistory, { filter, all: { ...filter, severities: null }, buckets: 60 }),
  )
  return <EventsPage seeds={seeds} />
}
