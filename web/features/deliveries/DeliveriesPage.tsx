'use client'

import { useQuery } from '@apollo/client/react'
import { Stack } from '@mantine/core'
import { useCallback } from 'react'
import { graphql } from '@/lib/graphql.ts'
import { PAGE_SIZE, usePages } from '@/lib/use-pages.ts'
import { PageHeader } from '@/ui/PageHeader.tsx'
import { RecordList } from '@/ui/RecordList.tsx'
import { DeliveryDrawer } from './DeliveryDrawer.tsx'
import { DeliveryFilters } from './DeliveryFilters.tsx'
import { DeliveryStats } from './DeliveryStats.tsx'
import { DeliveryTable } from './DeliveryTable.tsx'
import { nothingFound, useDeliveryFilters } from './filters.ts'
import { ReplayProvider } from './replay.tsx'

const DeliveryList = graphql(`
  query DeliveryList($filter: DeliveryFilter, $first: Int!, $after: String) {
    deliveries(filter: $filter, first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          ...DeliveryRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

const DeliveryCounts = graphql(`
  query DeliveryCounts($filter: DeliveryFilter) {
    deliveryStats(filter: $filter) {
      ...DeliveryFigures
    }
  }
`)

/** What was sent where, what became of it, and the way to send it again. */
export function DeliveriesPage() {
  const filters = useDeliveryFilters()
  const { params, setParams, filter, scope } = filters
  const list = useQuery(DeliveryList, { variables: { filter, first: PAGE_SIZE } })
  const counts = useQuery(DeliveryCounts, { variables: { filter: scope } })
  const pages = usePages(list, (list.data ?? list.previousData)?.deliveries)
  const { refresh: refreshList } = pages
  const { refetch: refetchCounts } = counts
  const refresh = useCallback(() => {
    refreshList()
    // What keeps the counts from coming keeps the list from coming too, and is said there.
    refetchCounts().catch(() => undefined)
  }, [refreshList, refetchCounts])
  const open = useCallback((delivery: string | null) => void setParams({ delivery }), [setParams])
  const filtered = params.status !== null || params.q !== '' || params.window !== 'all'
  const clear = () => void setParams({ status: null, q: null, window: 'all' })
  const figures = (counts.data ?? counts.previousData)?.deliveryStats ?? null
  return (
    <ReplayProvider onChange={refresh}>
      <Stack gap="md">
        <PageHeader title="Deliveries" loadedAt={pages.loadedAt} refreshing={pages.refreshing} onRefresh={refresh} />
        {(figures || !counts.error) && <DeliveryStats stats={figures} />}
        <DeliveryFilters params={params} setParams={setParams} />
        <RecordList
          pages={{ ...pages, refresh }}
          nothing={nothingFound(filters)}
          onClear={filtered ? clear : undefined}
        >
          <DeliveryTable
            deliveries={pages.rows ?? []}
            outdated={pages.outdated}
            openId={params.delivery}
            onOpen={open}
          />
        </RecordList>
      </Stack>
      <DeliveryDrawer id={params.delivery} onClose={() => open(null)} />
    </ReplayProvider>
  )
}
