'use client'

import { NetworkStatus, type OperationVariables, type TypedDocumentNode } from '@apollo/client'
import { useQuery } from '@apollo/client/react'
import { useCallback, useEffect, useState } from 'react'
import { useAutoRetry } from '@/ui/use-auto-retry.ts'
import { useReportList } from '../live/list-state.tsx'
import { type Problem, problemOf } from '../request-error.ts'
import { useSeedPolicy } from '../seeds.tsx'
import { SIGNAL_MS, useChangeSignals } from './use-change-signals.ts'
import type { Pages } from './use-pages.ts'

/** Polling interval of a page, in milliseconds. */
const POLL_MS = 15_000

interface QueryOptions {
  /** Subscriptions without variables that signal changes. The content of their messages is ignored. */
  signals?: readonly TypedDocumentNode<unknown, Record<string, never>>[]
  /** Polling interval, in milliseconds. */
  pollMs?: number
}

export interface PageQuery<Data> {
  /** The newest result, or the previous one while loading. */
  data: Data | undefined
  problem: Problem | null
  loading: boolean
  refresh: () => void
}

/**
 * The only query of a page without a list. Works like usePolledQuery, and is also retried while the API is unavailable.
 */
export function usePageQuery<Data, Variables extends OperationVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  options: QueryOptions = {},
): PageQuery<Data> {
  const query = usePolledQuery(document, variables, options)
  useAutoRetry(query.problem?.code === 'UNAVAILABLE', query.refresh)
  return query
}

/**
 * A query that runs every `pollMs`, and within a second after one of its `signals` sends a message. The top bar shows
 * whether the result is current.
 */
export function usePolledQuery<Data, Variables extends OperationVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  { signals = [], pollMs = POLL_MS }: QueryOptions = {},
): PageQuery<Data> {
  const fetchPolicy = useSeedPolicy(document, variables)
  const query = useQuery<Data, OperationVariables>(document, {
    variables,
    fetchPolicy,
    pollInterval: pollMs,
    notifyOnNetworkStatusChange: true,
  })
  const { data, previousData, error, networkStatus, refetch } = query
  const refresh = useCallback(() => void refetch().catch(() => undefined), [refetch])
  const [loadedAt, setLoadedAt] = useState<number | null>(null)
  useEffect(() => {
    if (data !== undefined) setLoadedAt(Date.now())
  }, [data])
  const ended = useChangeSignals(
    signals.map((document) => ({ document, variables: {} })),
    refresh,
    () => SIGNAL_MS,
  )
  const problem = error ? problemOf(error) : ended
  const loading = networkStatus === NetworkStatus.loading || networkStatus === NetworkStatus.refetch
  useReportList({
    mode: signals.length > 0 ? 'live' : 'poll',
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

/** The list of a page whose query returns all rows at once. ListPage retries the query. */
export const wholeList = <Row>(
  rows: readonly Row[] | null,
  { problem, loading, refresh }: Pick<PageQuery<unknown>, 'problem' | 'loading' | 'refresh'>,
): Pages<Row> => ({
  rows,
  total: null,
  outdated: false,
  refreshing: loading,
  loadingMore: false,
  hasMore: false,
  loadedAt: null,
  problem,
  refresh,
  loadMore: () => {},
})
