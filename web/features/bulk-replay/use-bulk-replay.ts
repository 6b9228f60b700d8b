'use client'

import { useApolloClient, useQuery } from '@apollo/client/react'
import { useEffect } from 'react'
import { type BulkReplayRowFragment, readFragment } from '@/lib/graphql.ts'
import { follow } from '@/lib/live/follow.ts'
import { useLiveSocket } from '@/lib/live/use-connection.tsx'
import { isLasting, makeProblem, type Problem, problemOf } from '@/lib/request-error.ts'
import { BulkReplayById, BulkReplayFeed, BulkReplayRow } from './documents.ts'

/** Keeps a bulk replay in the cache up to date until it is finished. */
export function useBulkReplayFeed(id: string, active: boolean): void {
  const client = useApolloClient()
  const socket = useLiveSocket()
  useEffect(() => {
    if (!socket || !active) return
    return follow({
      client,
      socket,
      subscription: BulkReplayFeed,
      variables: () => ({ id }),
      onData: ({ bulkReplay }) => {
        client.cache.writeFragment({
          id: client.cache.identify({ __typename: 'BulkReplay', id }),
          fragment: BulkReplayRow,
          data: readFragment(BulkReplayRow, bulkReplay),
        })
      },
      onProblem: (problem) => !isLasting(problem),
    })
  }, [client, socket, id, active])
}

interface KnownBulkReplay {
  replay: BulkReplayRowFragment | null
  problem: Problem | null
  refetch: () => void
}

/** A bulk replay with its live progress. `replay` and `problem` are null while it is loading. */
export function useBulkReplay(id: string): KnownBulkReplay {
  const { data, error, loading, refetch } = useQuery(BulkReplayById, { variables: { id } })
  const replay = data?.node?.__typename === 'BulkReplay' ? readFragment(BulkReplayRow, data.node) : null
  useBulkReplayFeed(id, replay?.status === 'RUNNING')
  const missing = makeProblem('NOT_FOUND', `There is no bulk replay ${id} that you may see.`)
  return {
    replay,
    problem: replay || loading ? null : error ? problemOf(error) : missing,
    refetch: () => void refetch().catch(() => undefined),
  }
}
