'use client'

import { useApolloClient, useQuery } from '@apollo/client/react'
import { Stack } from '@mantine/core'
import { useCallback } from 'react'
import { readFragment } from '@/lib/graphql.ts'
import { useIsConnected } from '@/lib/live/use-connection.tsx'
import { justAfter } from '@/lib/time.ts'
import { append, LARGEST_PAGE, PAGE_SIZE, pageBehind, usePages } from '@/lib/use-pages.ts'
import { LiveControl } from '@/ui/LiveControl.tsx'
import { NewRows } from '@/ui/NewRows.tsx'
import { PageHeader } from '@/ui/PageHeader.tsx'
import { ProblemNotice } from '@/ui/ProblemNotice.tsx'
import { RecordList } from '@/ui/RecordList.tsx'
import { DeliveryDrawer } from './DeliveryDrawer.tsx'
import { DeliveryFilters } from './DeliveryFilters.tsx'
import { DeliveryStats } from './DeliveryStats.tsx'
import { DeliveryTable } from './DeliveryTable.tsx'
import { DeliveryList, DeliveryRow } from './documents.ts'
import { nothingFound, useDeliveryFilters } from './filters.ts'
import { ReplayProvider } from './replay.tsx'
import { useDeliveryChanges } from './use-delivery-changes.ts'
import { useDeliveryFigures } from './use-delivery-figures.ts'

/** What was sent where, what becomes of it, and the way to send it again. */
export function DeliveriesPage() {
  const client = useApolloClient()
  const filters = useDeliveryFilters()
  const { params, setParams, filter, scope } = filters
  const list = useQuery(DeliveryList, { variables: { filter, first: PAGE_SIZE } })
  const page = (list.data ?? list.previousData)?.deliveries
  const counts = useDeliveryFigures(scope)
  const { live, problem, clear, isLeaving } = useDeliveryChanges({
    list,
    filter,
    scope,
    openId: params.delivery,
    onChange: counts.changed,
  })
  const pages = usePages(list, page, async (last) => {
    const older = { ...filter, until: justAfter(readFragment(DeliveryRow, last).createdAt) }
    const behind = await pageBehind(last.id, async (after) => {
      const variables = { filter: older, first: LARGEST_PAGE, after }
      const { data } = await client.query({ query: DeliveryList, variables, fetchPolicy: 'no-cache' })
      if (!data) throw new Error('The API answered without a page.')
      return data.deliveries
    })
    list.updateQuery((_unsafe, { complete, previousData }) =>
      complete ? { ...previousData, deliveries: append(previousData.deliveries, behind) } : undefined,
    )
  })
  const refresh = () => {
    clear()
    pages.refresh()
    counts.refresh()
  }
  const connected = useIsConnected()
  const open = useCallback((delivery: string | null) => void setParams({ delivery }), [setParams])
  const filtered = params.status !== null || params.q !== '' || params.window !== 'all'
  const unfilter = () => void setParams({ status: null, q: null, window: 'all' })
  return (
    <ReplayProvider onChange={connected ? counts.changed : refresh}>
      <Stack gap="md">
        <PageHeader
          title="Deliveries"
          refreshing={pages.refreshing}
          onRefresh={refresh}
          live={
            <LiveControl
              live={live}
              stopped={problem !== null || (list.error !== undefined && list.data === undefined)}
              loadedAt={pages.loadedAt}
            />
          }
        />
        {(counts.figures || !counts.failed) && <DeliveryStats stats={counts.figures} />}
        <DeliveryFilters params={params} setParams={setParams} />
        {problem && <ProblemNotice problem={problem} />}
        <NewRows live={live} one="delivery" many="deliveries" />
        <RecordList
          pages={{ ...pages, refresh }}
          nothing={nothingFound(filters)}
          onClear={filtered ? unfilter : undefined}
        >
          <DeliveryTable
            deliveries={pages.rows ?? []}
            outdated={pages.outdated}
            openId={params.delivery}
            onOpen={open}
            onPoint={live.onPoint}
            marks={live.marks}
            isLeaving={isLeaving}
          />
        </RecordList>
      </Stack>
      <DeliveryDrawer id={params.delivery} onClose={() => open(null)} />
    </ReplayProvider>
  )
}
