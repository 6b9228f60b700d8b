export interface RowsPage<Node> {
  nodes: readonly Node[]
  pageInfo: { hasNextPage: boolean; endCursor?: string | null }
}

/** Maximum number of pages that are read, so that a page of the console never reads without end. */
const MAX_PAGES = 50

/** Reads a connection page by page to its end, at most 50 pages. Throws the error of `read`. */
export async function readEveryRow<Node>(
  read: (after: string | null) => Promise<RowsPage<Node> | null>,
): Promise<Node[]> {
  const rows: Node[] = []
  let after: string | null = null
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page: RowsPage<Node> | null = await read(after)
    if (!page) break
    rows.push(...page.nodes)
    after = page.pageInfo.endCursor ?? null
    if (!page.pageInfo.hasNextPage || after === null) break
  }
  return rows
}
