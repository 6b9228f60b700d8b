import type { Metadata } from 'next'
import { createLoader, type SearchParams } from 'nuqs/server'
import { DeliveriesPage } from '@/features/deliveries/DeliveriesPage.tsx'
import { DeliveryHistory, DeliveryList } from '@/features/deliveries/documents.ts'
import { DELIVERY_KEYS, deliveryFilter } from '@/features/deliveries/params.ts'
import { listPageParsers } from '@/lib/lists/list-params.ts'
import { PAGE_SIZE } from '@/lib/lists/page-size.ts'
import { ask, seedsOf } from '@/lib/server/server-query.ts'

export const metadata: Metadata = { title: 'Deliveries' }

const load = createLoader(listPageParsers(DELIVERY_KEYS))

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const params = await load(searchParams)
  const filter = deliveryFilter(params, params.tenant)
  const seeds = await seedsOf(
    ask(DeliveryList, { filter, first: PAGE_SIZE }),
    ask(DeliveryHistory, { filter, buckets: 60 }),
  )
  return <DeliveriesPage seeds={seeds} />
}
