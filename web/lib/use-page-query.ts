'use client'

import { NetworkStatus, type OperationVariables, type TypedDocumentNode } from '@apollo/client'
import { useApolloClient, useQuery } from '@apollo/client/react'
import { useCallback, useEffect, useEffectEvent, useState } from 'react'
import { useAutoRetry } from '@/ui/use-auto-retry.ts'
import { follow } from './live/follow.ts'
import { useReportList } from './live/list-state.tsx'
import { useIsConnected, useLiveSocket } from './live/use-connection.tsx'
import { isLasting, type Problem, problemOf } from './request-error.ts'
import { useSeedPolicy } from './seeds.tsx'

/** How often a page asks again by itself, in milliseconds. */
const POLL_MS = 15_000
/** The shortest time between two questions that a subscription causes. */
const BELL_MS = 1_000

interface Bells {
  /** Subscriptions without variables that report changes. Their content is not read. */
  bells?: readonly TypedDocumentNode<unknown, Record<string, never>>[]
}

export interface PageQuery<Data> {
  /** The newest answer, or the one before while another is awaited. */
  data: Data | undefined
  problem: Problem | null
  loading: boolean
  refresh: () => void
}

/**
 * The one query of a page that is no list. It runs again every 15 s, and within a second of a message of its `bells`; the top bar
 * shows whether it is current.
 */
export function usePageQuery<Data, Variables extends OperationVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  { bells = [] }: Bells = {},
): PageQuery<Data> {
  const fetchPolicy = useSeedPolicy(document, variables)
  const query = useQuery<Data, OperationVariables>(document, {
    variables,
    fetchPolicy,
    pollInterval: POLL_MS,
    notifyOnNetworkStatusChange: true,
  })
  const { data, previousData, error, networkStatus, refetch } = query
  const refresh = useCallback(() => void refetch().catch(() => undefined), [refetch])
  const [loadedAt, setLoadedAt] = useState<number | null>(null)
  useEffect(() => {
    if (data !== undefined) setLoadedAt(Date.now())
  }, [data])
  const ended = useBells(bells, refresh)
  const problem = error ? problemOf(error) : ended
  useAutoRetry(problem?.code === 'UNAVAILABLE', refresh)
  const loading = networkStatus === NetworkStatus.loading || networkStatus === NetworkStatus.refetch
  useReportList({
    mode: bells.length > 0 ? 'live' : 'poll',
    paused: false,
    heldBy: null,
    waiting: 0,
    stopped: problem !== null,
    loadedAt,
    setPaused: null,
    refresh,
    refreshing: loading,
  })
  return { data: data ?? previousData, problem, loading, refresh }
}

/** Calls `ring` when one of the subscriptions reports a change, at most once a second. Answers why one has ended for good. */
function useBells(bells: NonNullable<Bells['bells']>, ring: () => void): Problem | null {
  const client = useApolloClient()
  const socket = useLiveSocket()
  const connected = useIsConnected()
  const [problem, setProblem] = useState<Problem | null>(null)
  const onRing = useEffectEvent(ring)
  const current = useEffectEvent(() => bells)
  const count = bells.length
  useEffect(() => {
    if (!socket || count === 0) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const schedule = () => {
      timer ??= setTimeout(() => {
        timer = undefined
        onRing()
      }, BELL_MS)
    }
    const stops = current().map((subscription) =>
      follow({
        client,
        socket,
        subscription,
        variables: () => ({}),
        onData: schedule,
        onProblem(ended) {
          if (!isLasting(ended)) return true
          setProblem(ended)
          return false
        },
      }),
    )
    return () => {
      for (const stop of stops) stop()
      clearTimeout(timer)
    }
  }, [client, socket, count])
  useEffect(() => {
    if (!connected || count === 0) return
    // What changed before the subscription began is found by asking once more.
    const timer = setTimeout(() => {
      onRing()
      socket?.caughtUp({ kind: 'reloaded' })
    }, 500)
    return () => clearTimeout(timer)
  }, [connected, count, socket])
  return problem
}
