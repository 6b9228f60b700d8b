interface Row {
  id: string
}

interface Edge<Node extends Row> {
  /** Cursor of the row in the API's list; empty if the row arrived by subscription. */
  cursor: string
  node: Node
}

/** The rows that `take` returns. */
export interface Taken<Node extends Row> {
  /** Newest first. */
  rows: readonly Node[]
  /** Rows below the row with this id may be missing; null if none are missing. */
  floor: string | null
}

/**
 * Rows that are not in the list yet: the newest `limit` rows, each in its latest version. An id starts with its
 * timestamp, so the order of the ids is the order of the list.
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
    // The rows are sorted only when there are twice as many as the limit, which keeps the cost per row constant.
    if (this.#rows.size > 2 * this.limit) this.#keepNewest(this.limit)
  }

  /** Rows older than the row with this id may be missing. */
  missedBelow(id: string): void {
    if (this.#floor === null || id > this.#floor) this.#floor = id
  }

  /** Removes and returns the newest `most` rows. Below them, the list must be cut off. */
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

/** The newest rows of one of the API's lists, newest first. */
export interface List<E> {
  edges: readonly E[]
  /** Whether the list continues after its last edge. */
  hasMore: boolean
}

/**
 * Merges the taken rows into the list: each row once, in its latest version, at most `limit` rows, without gaps. The
 * result ends at the floor, below which rows may be missing. If the list continues, the result also ends at its last
 * edge.
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
