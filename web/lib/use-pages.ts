'use client'

import { type ErrorLike, NetworkStatus } from '@apollo/client'
import { useCallback, useEffect, useState } from 'react'
import { type Problem, problemOf } from './request-error.ts'

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
  data?: unknown
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
 * what follows a row that has no cursor (pageBehind).
 */
export function usePages<Node>(
  query: PagedQuery,
  page: Page<Node> | undefined,
  olderThan: (row: Node) => Promise<unknown>,
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
    // A failure is reported through the query's own `error`.
    refetch({ first: pageFor(shown) }).catch(() => undefined)
  }, [refetch, shown])

  const loadMore = useCallback(() => {
    if (!last) return
    setMoreProblem(null)
    const more = last.cursor ? fetchMore({ variables: { first: PAGE_SIZE, after: last.cursor } }) : olderThan(last.node)
    setLoadingOlder(!last.cursor)
    more.catch((cause: unknown) => setMoreProblem(problemOf(cause))).finally(() => setLoadingOlder(false))
  }, [fetchMore, olderThan, last])

  return {
    rows: page ? page.edges.map((edge) => edge.node) : null,
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
 * The page behind a row that has no cursor: `read` gives pages that begin at the row's instant or before, the first for null.
 * Many rows may have come in the same instant; the pages among them are passed over.
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

/** A list with the page behind it. */
export function append<P extends Page<{ id: string }>>(list: P, page: P): P {
  const last = list.edges.at(-1)?.node.id
  return { ...page, edges: [...list.edges, ...page.edges.filter(({ node }) => last === undefined || node.id < last)] }
}
