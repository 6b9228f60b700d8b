'use client'

import { useQuery } from '@apollo/client/react'
import { Stack } from '@mantine/core'
import { useCallback } from 'react'
import { graphql } from '@/lib/graphql.ts'
import { PAGE_SIZE, usePages } from '@/lib/use-pages.ts'
import { PageHeader } from '@/ui/PageHeader.tsx'
import { RecordList } from '@/ui/RecordList.tsx'
import { EventDrawer } from './EventDrawer.tsx'
import { EventFilters } from './EventFilters.tsx'
import { EventTable } from './EventTable.tsx'
import { nothingFound, useEventFilters } from './filters.ts'

const EventList = graphql(`
  query EventList($filter: EventFilter, $first: Int!, $after: String) {
    events(filter: $filter, first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          ...EventRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

/** What happened, newest first. */
export function EventsPage() {
  const filters = useEventFilters()
  const { params, setParams, filter } = filters
  const list = useQuery(EventList, { variables: { filter, first: PAGE_SIZE } })
  const pages = usePages(list, (list.data ?? list.previousData)?.events)
  const open = useCallback((event: string | null) => void setParams({ event }), [setParams])
  const filtered = params.severity !== null || params.type !== '' || params.q !== '' || params.window !== 'all'
  const clear = () => void setParams({ severity: null, type: null, q: null, window: 'all' })
  return (
    <>
      <Stack gap="md">
        <PageHeader title="Events" loadedAt={pages.loadedAt} refreshing={pages.refreshing} onRefresh={pages.refresh} />
        <EventFilters params={params} setParams={setParams} />
        <RecordList pages={pages} nothing={nothingFound(filters)} onClear={filtered ? clear : undefined}>
          <EventTable events={pages.rows ?? []} outdated={pages.outdated} openId={params.event} onOpen={open} />
        </RecordList>
      </Stack>
      <EventDrawer id={params.event} onClose={() => open(null)} />
    </>
  )
}
