interface Row {
  id: string
}

interface Edge<Node extends Row> {
  /** Its place in the API's list; empty for a row that did not come by the list. */
  cursor: string
  node: Node
}

/** What was taken out of a WaitingRows. */
export interface Taken<Node extends Row> {
  /** Newest first. */
  rows: readonly Node[]
  /** Below this id some are missing: of what is older nothing is known. Null: none are. */
  floor: string | null
}

/**
 * Rows that came and are not in the list yet: the newest `limit` of them, each as it came last. Ids begin with their
 * instant, so the order of ids is the order of the list.
 */
export class WaitingRows<Node extends Row> {
  #rows = new Map<string, Node>()
  #floor: string | null = null
  #count = 0

  constructor(private readonly limit: number) {}

  /** How many came since the last `take`, those included that were not kept. */
  get count(): number {
    return this.#count
  }

  has(id: string): boolean {
    return this.#rows.has(id)
  }

  add(row: Node): void {
    if (!this.#rows.has(row.id)) this.#count += 1
    this.#rows.set(row.id, row)
    // Sorting at twice the limit makes it cheap however many come.
    if (this.#rows.size > 2 * this.limit) this.#keepNewest(this.limit)
  }

  delete(id: string): void {
    if (this.#rows.delete(id)) this.#count -= 1
  }

  /** Rows older than this one may have come without being told. */
  missedBelow(id: string): void {
    if (this.#floor === null || id > this.#floor) this.#floor = id
  }

  /** `most`: so many of them, the newest; the list is then cut below. */
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

/** A list of the API as far as it is known: its newest rows, newest first. */
export interface List<E> {
  edges: readonly E[]
  /** Whether it goes on behind its last edge. */
  hasMore: boolean
}

/**
 * A list with what was taken: each row once, as it came last, at most `limit`, and without a gap: nothing below the floor,
 * for some of that is missing, and nothing behind a last edge that more is known to follow.
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
    const known = merged.get(row.id)
    if (known) merged.set(row.id, { ...known, node: row })
    else if (end === undefined || row.id > end) merged.set(row.id, edgeOf(row))
  }
  const whole = [...merged.values()].sort((a, b) => newestFirst(a.node, b.node))
  const kept = whole.filter((edge, i) => i < limit && (floor === null || edge.node.id >= floor))
  return { edges: kept, hasMore: hasMore || kept.length < whole.length }
}
