'use client'

import { type ErrorLike, NetworkStatus } from '@apollo/client'
import { useCallback, useEffect, useState } from 'react'
import { type Problem, problemOf } from './problem.ts'

/** Rows of one request, and the most that the API gives in one. */
export const PAGE_SIZE = 50
export const LARGEST_PAGE = 200

/** As many rows as are shown, so that a list that was scrolled down does not shrink under its reader. */
export const pageFor = (shown: number): number => Math.min(LARGEST_PAGE, Math.max(PAGE_SIZE, shown))

interface Edge<Node> {
  /** Empty for a row that did not come by the list. */
  cursor: string
  node: Node
}

interface Page<Node> {
  edges: readonly Edge<Node>[]
  pageInfo: { hasNextPage: boolean }
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
 * A connection as a growing list. `page` is what the query has now or had before (data ?? previousData). `olderThan` loads
 * what follows a row that has no cursor.
 */
export function usePages<Node>(
  query: PagedQuery,
  page: Page<Node> | undefined,
  olderThan: (row: Node) => Promise<unknown>,
): Pages<Node> {
  const { networkStatus, error, refetch, fetchMore } = query
  const [moreProblem, setMoreProblem] = useState<Problem | null>(null)
  const [loadedAt, setLoadedAt] = useState<number | null>(null)
  const shown = page?.edges.length ?? 0
  const last = page?.edges.at(-1)

  const there = page !== undefined
  useEffect(() => {
    if (networkStatus === NetworkStatus.ready && there) setLoadedAt(Date.now())
  }, [networkStatus, there])

  const refresh = useCallback(() => {
    setMoreProblem(null)
    // A failure is reported through the query's own `error`.
    refetch({ first: pageFor(shown) }).catch(() => undefined)
  }, [refetch, shown])

  const loadMore = useCallback(() => {
    if (!last) return
    setMoreProblem(null)
    const more = last.cursor ? fetchMore({ variables: { first: PAGE_SIZE, after: last.cursor } }) : olderThan(last.node)
    more.catch((cause: unknown) => setMoreProblem(problemOf(cause)))
  }, [fetchMore, olderThan, last])

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

/** A page with the one behind it: what is in both, once, and with the cursor it has there. */
export function append<E extends Edge<{ id: string }>, P extends { edges: readonly E[] }>(before: P, after: P): P {
  const known = new Set(after.edges.map((edge) => edge.node.id))
  return { ...after, edges: [...before.edges.filter((edge) => !known.has(edge.node.id)), ...after.edges] }
}
