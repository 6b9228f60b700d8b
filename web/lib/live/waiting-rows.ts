interface Row {
  id: string
}

interface Edge<Node extends Row> {
  /** Cursor in the API's list; empty for a row that arrived by subscription. */
  cursor: string
  node: Node
}

/** The rows taken out of a WaitingRows. */
export interface Taken<Node extends Row> {
  /** Newest first. */
  rows: readonly Node[]
  /** Rows below this id may be missing; null if none are. */
  floor: string | null
}

/**
 * Rows that are not in the list yet: the newest `limit`, each in its latest version. Ids start with their timestamp,
 * so id order is list order.
 */
export class WaitingRows<Node extends Row> {
  #rows = new Map<string, Node>()
  #floor: string | null = null
  #count = 0

  constructor(private readonly limit: number) {}

  /** Number of rows since the last `take`, including dropped ones. */
  get count(): number {
    return this.#count
  }

  has(id: string): boolean {
    return this.#rows.has(id)
  }

  add(row: Node): void {
    if (!this.#rows.has(row.id)) this.#count += 1
    this.#rows.set(row.id, row)
    // Sorting only at twice the limit keeps the cost per row constant.
    if (this.#rows.size > 2 * this.limit) this.#keepNewest(this.limit)
  }

  /** Rows older than this one may be missing. */
  missedBelow(id: string): void {
    if (this.#floor === null || id > this.#floor) this.#floor = id
  }

  /** Removes and returns the newest `most` rows. The list is then cut below them. */
  take(most = this.limit): Taken<Node> {
    this.#keepNewest(most)
    const taken = { rows: [...this.#rows.values()].sort(newestFirst), floor: this.#floor }
    this.clear()
    return taken
  }

  clear(): void {
    this.#rows = new Map()
    this.#floor = null
    this.#count = 0
  }

  #keepNewest(most: number): void {
    if (this.#rows.size <= most) return
    const kept = [...this.#rows.values()].sort(newestFirst).slice(0, most)
    this.#rows = new Map(kept.map((row) => [row.id, row]))
    const oldest = kept.at(-1)
    if (oldest) this.missedBelow(oldest.id)
  }
}

const newestFirst = (a: Row, b: Row): number => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)

/** The newest rows of a list of the API, newest first. */
export interface List<E> {
  edges: readonly E[]
  /** Whether the list continues after its last edge. */
  hasMore: boolean
}

/**
 * The list merged with the taken rows: each row once, in its latest version, at most `limit`, without gaps. It
 * contains nothing below the floor, where rows may be missing, and nothing after the last edge of a list that
 * continues.
 */
export function mergeEdges<E extends Edge<Row>>(
  { edges, hasMore }: List<E>,
  { rows, floor }: Taken<E['node']>,
  limit: number,
  edgeOf: (node: E['node']) => E,
): List<E> & { edges: E[] } {
  const merged = new Map(edges.map((edge) => [edge.node.id, edge]))
  const end = hasMore ? edges.at(-1)?.node.id : undefined
  for (const row of rows) {
    const edge = merged.get(row.id)
    if (edge) merged.set(row.id, { ...edge, node: row })
    else if (end === undefined || row.id > end) merged.set(row.id, edgeOf(row))
  }
  const whole = [...merged.values()].sort((a, b) => newestFirst(a.node, b.node))
  const kept = whole.filter((edge, i) => i < limit && (floor === null || edge.node.id >= floor))
  return { edges: kept, hasMore: hasMore || kept.length < whole.length }
}
