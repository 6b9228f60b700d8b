'use client'

import { type ErrorLike, NetworkStatus } from '@apollo/client'
import { useCallback, useEffect, useState } from 'react'
import { type Problem, problemOf } from '../request-error.ts'
import { LARGEST_PAGE, PAGE_SIZE } from './page-size.ts'

/** The number of rows to request on a reload: as many as are shown, so that the list does not shrink. */
export const pageFor = (shown: number): number => Math.min(LARGEST_PAGE, Math.max(PAGE_SIZE, shown))

interface Edge<Node> {
  /** Empty for a row that arrived by subscription. */
  cursor: string
  node: Node
}

/** The fields of a connection that lists use. */
export interface Page<Node> {
  edges: readonly Edge<Node>[]
  pageInfo: { hasNextPage: boolean }
  totalCount?: number
}

interface PagedQuery {
  data?: unknown
  networkStatus: NetworkStatus
  error?: ErrorLike
  refetch: (variables: { first: number }) => Promise<unknown>
  fetchMore: (options: { variables: { first: number; after: string } }) => Promise<unknown>
}

export interface Pages<Node> {
  /** Null until the first page is loaded. */
  rows: readonly Node[] | null
  /** Number of matching rows; null if the API does not count them. */
  total: number | null
  /** Whether the shown rows belong to the previous filter. */
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
 * A connection as a growing list. `page`: the query's result, or the previous result while loading (data ??
 * previousData). `olderThan` loads the page after a row that arrived by subscription and therefore has no cursor (see
 * pageBehind).
 */
export function usePages<Node>(
  query: PagedQuery,
  page: Page<Node> | undefined,
  olderThan?: (row: Node) => Promise<unknown>,
): Pages<Node> {
  const { data, networkStatus, error, refetch, fetchMore } = query
  const [moreProblem, setMoreProblem] = useState<Problem | null>(null)
  const [loadingOlder, setLoadingOlder] = useState(false)
  const [loadedAt, setLoadedAt] = useState<number | null>(null)
  const shown = page?.edges.length ?? 0
  const last = page?.edges.at(-1)

  const there = page !== undefined
  useEffect(() => {
    if (networkStatus === NetworkStatus.ready && there) setLoadedAt(Date.now())
  }, [networkStatus, there])

  const refresh = useCallback(() => {
    setMoreProblem(null)
    // The query itself reports a failure as its `error`.
    refetch({ first: pageFor(shown) }).catch(() => undefined)
  }, [refetch, shown])

  const loadMore = useCallback(() => {
    if (!last) return
    setMoreProblem(null)
    const first = shown >= LARGEST_PAGE ? LARGEST_PAGE : PAGE_SIZE
    const more =
      last.cursor || !olderThan ? fetchMore({ variables: { first, after: last.cursor } }) : olderThan(last.node)
    setLoadingOlder(!last.cursor)
    more.catch((cause: unknown) => setMoreProblem(problemOf(cause))).finally(() => setLoadingOlder(false))
  }, [fetchMore, olderThan, last, shown])

  return {
    rows: page ? page.edges.map((edge) => edge.node) : null,
    total: page?.totalCount ?? null,
    outdated: page !== undefined && data === undefined,
    refreshing:
      networkStatus === NetworkStatus.refetch ||
      networkStatus === NetworkStatus.loading ||
      networkStatus === NetworkStatus.setVariables,
    loadingMore: loadingOlder || networkStatus === NetworkStatus.fetchMore,
    hasMore: page?.pageInfo.hasNextPage ?? false,
    loadedAt,
    problem: error ? problemOf(error) : moreProblem,
    refresh,
    loadMore,
  }
}

/**
 * The page after a row without a cursor. `read` returns the pages of a list that starts at the row's time. Its argument
 * is the cursor to continue after; null for the first page. Other rows may have the same time, so pages without older
 * rows are skipped.
 */
export async function pageBehind<P extends Page<{ id: string }>>(
  id: string,
  read: (after: string | null) => Promise<P>,
): Promise<P> {
  for (let after: string | null = null; ; ) {
    const page: P = await read(after)
    const older = page.edges.filter((edge) => edge.node.id < id)
    after = page.edges.at(-1)?.cursor ?? null
    if (older.length > 0 || after === null || !page.pageInfo.hasNextPage) return { ...page, edges: older }
  }
}

/** The list, extended by the page that follows it. */
export function append<P extends Page<{ id: string }>>(list: P, page: P): P {
  const last = list.edges.at(-1)?.node.id
  return { ...page, edges: [...list.edges, ...page.edges.filter(({ node }) => last === undefined || node.id < last)] }
}
