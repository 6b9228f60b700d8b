'use client'

import { useApolloClient, useQuery } from '@apollo/client/react'
import { Stack } from '@mantine/core'
import { useCallback } from 'react'
import { readFragment } from '@/lib/graphql.ts'
import { justAfter } from '@/lib/time.ts'
import { append, LARGEST_PAGE, PAGE_SIZE, pageBehind, usePages } from '@/lib/use-pages.ts'
import { LiveControl } from '@/ui/LiveControl.tsx'
import { NewRows } from '@/ui/NewRows.tsx'
import { PageHeader } from '@/ui/PageHeader.tsx'
import { ProblemNotice } from '@/ui/ProblemNotice.tsx'
import { RecordList } from '@/ui/RecordList.tsx'
import { EventList, EventRow } from './documents.ts'
import { EventDrawer } from './EventDrawer.tsx'
import { EventFilters } from './EventFilters.tsx'
import { EventTable } from './EventTable.tsx'
import { nothingFound, useEventFilters } from './filters.ts'
import { useEventFeed } from './use-event-feed.ts'

/** What happened, newest first, as it happens. */
export function EventsPage() {
  const client = useApolloClient()
  const filters = useEventFilters()
  const { params, setParams, filter } = filters
  const list = useQuery(EventList, { variables: { filter, first: PAGE_SIZE } })
  const page = (list.data ?? list.previousData)?.events
  const { live, problem, clear } = useEventFeed({ list, filter, opened: params.event !== null })
  const pages = usePages(list, page, async (last) => {
    const older = { ...filter, until: justAfter(readFragment(EventRow, last).receivedAt) }
    const behind = await pageBehind(last.id, async (after) => {
      const variables = { filter: older, first: LARGEST_PAGE, after }
      const { data } = await client.query({ query: EventList, variables, fetchPolicy: 'no-cache' })
      if (!data) throw new Error('The API answered without a page.')
      return data.events
    })
    list.updateQuery((_unsafe, { complete, previousData }) =>
      complete ? { ...previousData, events: append(previousData.events, behind) } : undefined,
    )
  })
  const refresh = () => {
    clear()
    pages.refresh()
  }
  const open = useCallback((event: string | null) => void setParams({ event }), [setParams])
  const filtered = params.severity !== null || params.type !== '' || params.q !== '' || params.window !== 'all'
  const unfilter = () => void setParams({ severity: null, type: null, q: null, window: 'all' })
  return (
    <>
      <Stack gap="md">
        <PageHeader
          title="Events"
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
        <EventFilters params={params} setParams={setParams} />
        {problem && <ProblemNotice problem={problem} />}
        <NewRows live={live} one="event" many="events" />
        <RecordList
          pages={{ ...pages, refresh }}
          nothing={nothingFound(filters)}
          onClear={filtered ? unfilter : undefined}
        >
          <EventTable
            events={pages.rows ?? []}
            outdated={pages.outdated}
            openId={params.event}
            onOpen={open}
            onPoint={live.onPoint}
            marks={live.marks}
          />
        </RecordList>
      </Stack>
      <EventDrawer id={params.event} onClose={() => open(null)} />
    </>
  )
}
