'use client'

import { useQuery } from '@apollo/client/react'
import { Button } from '@mantine/core'
import Link from 'next/link'
import { useEffect } from 'react'
import { errorName } from '@/features/deliveries/state.ts'
import { type BulkReplayRowFragment, readFragment } from '@/lib/graphql.ts'
import { problemOf } from '@/lib/request-error.ts'
import { useKeptPath } from '@/lib/url.ts'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { shortId } from '@/ui/values/ShortId.tsx'
import classes from './BulkReplay.module.css'
import { FailedItem, FailedItems } from './documents.ts'

const PAGE = 50

/** The deliveries whose replay failed, each with a link. The list is reloaded when more replays fail. */
export function Failures({ replay }: { replay: BulkReplayRowFragment }) {
  return replay.failed === 0 ? null : <FailureList key={replay.id} id={replay.id} failed={replay.failed} />
}

function FailureList({ id, failed }: { id: string; failed: number }) {
  const pathTo = useKeptPath()
  const { data, previousData, error, loading, refetch, fetchMore } = useQuery(FailedItems, {
    variables: { id, first: PAGE },
    notifyOnNetworkStatusChange: true,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new count means that the list has changed
  useEffect(() => {
    const timer = setTimeout(() => void refetch().catch(() => undefined), 500)
    return () => clearTimeout(timer)
  }, [failed])
  const node = (data ?? previousData)?.node
  const items = node?.__typename === 'BulkReplay' ? node.items : null
  const failures =
    readFragment(
      FailedItem,
      items?.edges.map((edge) => edge.node),
    ) ?? []
  const { hasNextPage, endCursor } = items?.pageInfo ?? {}
  return (
    <section aria-label="Failures" className={classes.part}>
      <h3>Failures</h3>
      {error && <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch().catch(() => undefined)} />}
      {!items && loading && <Placeholder rows={3} />}
      <ul className={classes.failures}>
        {failures.map(({ original, replay }) => (
          <li key={original.id}>
            <span>
              <Link href={pathTo('/deliveries', { window: 'all', open: original.id })} prefetch={false}>
                {shortId(original.id)}
              </Link>{' '}
              {original.eventType} to {original.webhook.name}
            </span>
            {replay && (
              <span className={classes.note}>
                {replay.lastErrorKind && `${errorName(replay.lastErrorKind, replay.lastStatusCode)}: `}
                {replay.lastError}{' '}
                <Link href={pathTo('/deliveries', { window: 'all', open: replay.id })} prefetch={false}>
                  Replay {shortId(replay.id)}
                </Link>
              </span>
            )}
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <Button
          size="xs"
          variant="default"
          loading={loading}
          onClick={() => void fetchMore({ variables: { after: endCursor } }).catch(() => undefined)}
        >
          Load more
        </Button>
      )}
    </section>
  )
}
