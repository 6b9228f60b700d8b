'use client'

import { Button, Center, EmptyState, Skeleton, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Pages } from '@/lib/use-pages.ts'
import { InboxIcon } from './icons.tsx'
import { ProblemNotice } from './ProblemNotice.tsx'
import { useAutoRetry } from './use-auto-retry.ts'

interface RecordListProps<Row> {
  pages: Pages<Row>
  /** What was looked for and not found, in a sentence. */
  nothing: string
  /** Takes the filters away; left out where there are none. */
  onClear?: () => void
  children: ReactNode
}

/** A list in each of its states: not there yet, failed, empty, there, and with more to load. */
export function RecordList<Row>({ pages, nothing, onClear, children }: RecordListProps<Row>) {
  const { rows, problem, hasMore, loadingMore, refreshing, refresh, loadMore } = pages
  useAutoRetry(problem?.code === 'UNAVAILABLE', refresh)
  return (
    <Stack gap="sm">
      {problem && <ProblemNotice problem={problem} onRetry={refresh} retrying={refreshing} />}
      {rows === null && !problem && <Placeholder />}
      {rows?.length === 0 && !pages.outdated && <Nothing text={nothing} onClear={onClear} />}
      {rows !== null && rows.length > 0 && children}
      {rows !== null && rows.length > 0 && (
        <Center mih={36}>
          {hasMore ? (
            <Button variant="default" size="xs" onClick={loadMore} loading={loadingMore}>
              Load more
            </Button>
          ) : (
            <Text size="xs" c="dimmed">
              {rows.length === 1 ? 'That is the only one.' : `That is all ${rows.length}.`}
            </Text>
          )}
        </Center>
      )}
    </Stack>
  )
}

function Placeholder() {
  return (
    <Stack gap="xs" aria-busy="true" aria-label="Loading">
      {Array.from({ length: 8 }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <Skeleton key={row} h={38} />
      ))}
    </Stack>
  )
}

function Nothing({ text, onClear }: { text: string; onClear?: () => void }) {
  return (
    <EmptyState
      icon={<InboxIcon size={36} />}
      title={text}
      size="sm"
      py="xl"
      role="status"
      styles={{ title: { textWrap: 'balance' } }}
    >
      {onClear && (
        <EmptyState.Actions>
          <Button variant="default" size="xs" onClick={onClear}>
            Clear filters
          </Button>
        </EmptyState.Actions>
      )}
    </EmptyState>
  )
}
