'use client'

import { type ErrorLike, NetworkStatus } from '@apollo/client'
import { useCallback, useEffect, useState } from 'react'
import { type Problem, problemOf } from './problem.ts'

/** Rows of one request, and the most that the API gives in one. */
export const PAGE_SIZE = 50
const LARGEST_PAGE = 200

interface Page<Node> {
  edges: readonly { node: Node }[]
  pageInfo: { hasNextPage: boolean; endCursor?: string | null }
}

interface PagedQuery {
  networkStatus: NetworkStatus
  error?: ErrorLike
  refetch: (variables: { first: number }) => Promise<unknown>
  fetchMore: (options: { variables: { first: number; after: string } }) => Promise<unknown>
}

export interface Pages<Node> {
  /** Null until the first page is there. */
  rows: readonly Node[] | null
  /** Rows are shown, but they are those of the filter before. */
  outdated: boolean
  refreshing: boolean
  loadingMore: boolean
  hasMore: boolean
  /** When the rows were loaded, in milliseconds. */
  loadedAt: number | null
  problem: Problem | null
  refresh: () => void
  loadMore: () => void
}

/**
 * A connection as a growing list. `page` is what the query has now or had before (data ?? previousData). Refreshing asks
 * for as many rows as are shown, so that a list that was scrolled down does not shrink under its reader.
 */
export function usePages<Node>(query: PagedQuery, page: Page<Node> | undefined): Pages<Node> {
  const { networkStatus, error, refetch, fetchMore } = query
  const [moreProblem, setMoreProblem] = useState<Problem | null>(null)
  const [loadedAt, setLoadedAt] = useState<number | null>(null)
  const shown = page?.edges.length ?? 0
  const endCursor = page?.pageInfo.endCursor ?? null

  useEffect(() => {
    if (networkStatus === NetworkStatus.ready && page) setLoadedAt(Date.now())
  }, [networkStatus, page])

  const refresh = useCallback(() => {
    setMoreProblem(null)
    // A failure is reported through the query's own `error`.
    refetch({ first: Math.min(LARGEST_PAGE, Math.max(PAGE_SIZE, shown)) }).catch(() => undefined)
  }, [refetch, shown])

  const loadMore = useCallback(() => {
    if (endCursor === null) return
    setMoreProblem(null)
    fetchMore({ variables: { first: PAGE_SIZE, after: endCursor } }).catch((cause: unknown) =>
      setMoreProblem(problemOf(cause)),
    )
  }, [fetchMore, endCursor])

  return {
    rows: page ? page.edges.map((edge) => edge.node) : null,
    outdated: networkStatus === NetworkStatus.setVariables,
    refreshing:
      networkStatus === NetworkStatus.refetch ||
      networkStatus === NetworkStatus.loading ||
      networkStatus === NetworkStatus.setVariables,
    loadingMore: networkStatus === NetworkStatus.fetchMore,
    hasMore: page?.pageInfo.hasNextPage ?? false,
    loadedAt,
    problem: error ? problemOf(error) : moreProblem,
    refresh,
    loadMore,
  }
}
