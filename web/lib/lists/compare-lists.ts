import type { Page } from './use-pages.ts'

interface Row {
  id: string
}

type Edge<Node> = Page<Node>['edges'][number]

/** The differences between the shown list and a newer version of the list. */
export interface ListChange<Node extends Row> {
  /** Rows that are not shown yet. */
  fresh: readonly string[]
  /** Shown rows that have changed. */
  changed: readonly string[]
  /** Shown rows that no longer belong to the list. */
  gone: readonly string[]
  /** The shown rows in their current order, each in its newest version. */
  inPlace: readonly Edge<Node>[]
  /** The newer list. Rows in `keep` keep their positions even if they no longer belong to the list. */
  edges: (keep: ReadonlyMap<string, unknown>) => readonly Edge<Node>[]
  hasMore: boolean
  totals: { totalCount?: number }
  /** The same change with newer versions of the rows that no longer belong to the list. */
  withRows: (rows: readonly Node[]) => ListChange<Node>
}

/**
 * Compares the shown edges with the newest first page of the same list, which is in the API's order. The page says
 * nothing about rows below its last row, so these rows stay.
 */
export function compareLists<Node extends Row>(shown: readonly Edge<Node>[], newest: Page<Node>): ListChange<Node> {
  const newer = new Map(newest.edges.map((edge) => [edge.node.id, edge]))
  const before = new Map(shown.map((edge) => [edge.node.id, edge]))
  const { hasNextPage } = newest.pageInfo
  // The last row that both lists contain. Rows below it are beyond the page, unless the page is the whole list.
  const end = hasNextPage ? shown.findLastIndex(({ node }) => newer.has(node.id)) : shown.length - 1
  const gone = shown.flatMap(({ node }, index) => (index <= end && !newer.has(node.id) ? [node.id] : []))
  const goneIds = new Set(gone)
  const beyond = hasNextPage && end >= 0 ? shown.slice(end + 1) : []
  const changed = (rows: ReadonlyMap<string, Node>) =>
    shown.flatMap(({ node }) => {
      const now = newer.get(node.id)?.node ?? rows.get(node.id)
      return now && JSON.stringify(now) !== JSON.stringify(node) ? [node.id] : []
    })
  const make = (rows: ReadonlyMap<string, Node>): ListChange<Node> => {
    const latest = (edge: Edge<Node>): Edge<Node> => {
      const node = rows.get(edge.node.id)
      return newer.get(edge.node.id) ?? (node ? { ...edge, node } : edge)
    }
    return {
      fresh: newest.edges.flatMap(({ node }) => (before.has(node.id) ? [] : [node.id])),
      changed: changed(rows),
      gone,
      inPlace: shown.map(latest),
      edges(keep) {
        const edges = [...newest.edges]
        shown.forEach((edge, index) => {
          if (goneIds.has(edge.node.id) && keep.has(edge.node.id))
            edges.splice(Math.min(index, edges.length), 0, latest(edge))
        })
        return [...edges, ...beyond]
      },
      hasMore: hasNextPage,
      totals: newest.totalCount === undefined ? {} : { totalCount: newest.totalCount },
      withRows: (more) => make(new Map(more.map((row) => [row.id, row]))),
    }
  }
  return make(new Map())
}
