import { type Below, below, inPlace, type SchemaNode } from './nodes.ts'
import type { Pattern } from './patterns.ts'

/** Upper limits of the cost of validating any payload. */
export interface Cost {
  /** Number of subschemas that are evaluated on one value. */
  evaluations: number
  /** Total size of the patterns that are matched against one text or property name. */
  patterns: number
  /**
   * How deeply evaluations are nested, from the top of a payload to its deepest level. All of them must fit on the
   * stack.
   */
  depth: number
}

/** At this depth, unoptimised code uses two thirds of the Node.js stack. */
export const MAX_COST: Cost = { evaluations: 200, patterns: 600, depth: 1_200 }

/** If measuring needs more steps than this, the schema is too complex to measure. */
const MAX_STEPS = 200_000

/**
 * Why the cost of a schema has no limit: a subschema evaluates itself on the same value (`endless`), or the schema is
 * too complex to measure (`intricate`).
 */
export type Unbounded = { endless: SchemaNode } | { intricate: true }

/** How many times each subschema (by id) is evaluated on one value. */
type Counts = ReadonlyMap<number, number>

/**
 * Measures the cost of a schema. Every value of a payload is reached through a path of keys. The function follows all
 * paths that the schema treats differently, down to `levels`, and counts the evaluations at each value. It stops when
 * MAX_COST is exceeded. It also marks the patterns that may be matched against the same text more than once.
 */
export function measure(nodes: readonly SchemaNode[], root: SchemaNode, levels: number): Cost | Unbounded {
  const ordered = inOrder(nodes)
  if ('endless' in ordered) return ordered
  const cost: Cost = { evaluations: 0, patterns: 0, depth: nesting(ordered.order, root, levels) }
  const within = () => (Object.keys(cost) as (keyof Cost)[]).every((what) => cost[what] <= MAX_COST[what])
  if (!within()) return cost

  const ways = createWays(nodes)
  const measured = new Set<string>()
  let level: Counts[] = [ways.from(root)]
  for (let deep = 0; deep <= levels && level.length > 0; deep++) {
    const next: Counts[] = []
    for (const counts of level) {
      const key = [...counts].sort(([a], [b]) => a - b).join(';')
      if (measured.has(key)) continue
      measured.add(key)
      cost.evaluations = Math.max(cost.evaluations, total(counts, nodes))
      cost.patterns = Math.max(cost.patterns, sizeOf(counts, nodes, patternOf), sizeOf(counts, nodes, ofKeys))
      if (!within()) return cost
      next.push(...ways.down(counts))
      if (ways.steps() > MAX_STEPS) return { intricate: true }
    }
    level = next
  }
  return cost
}

function total(counts: Counts, nodes: readonly SchemaNode[]): number {
  let sum = 0
  for (const [id, count] of counts) sum += count * nodes[id]!.weight
  return sum
}

const patternOf = ({ pattern }: SchemaNode) => (pattern ? [pattern] : [])
const ofKeys = ({ patternProperties }: SchemaNode) => patternProperties.map(([pattern]) => pattern)

/**
 * Total size of the patterns that are matched against the same text. A pattern counts only once, because its results
 * are cached.
 */
function sizeOf(counts: Counts, nodes: readonly SchemaNode[], patternsOf: (node: SchemaNode) => Pattern[]): number {
  const patterns = new Set<Pattern>()
  for (const [id, count] of counts)
    for (const pattern of patternsOf(nodes[id]!)) {
      if (count > 1 || patterns.has(pattern)) pattern.repeated = true
      patterns.add(pattern)
    }
  return [...patterns].reduce((sum, { size }) => sum + size, 0)
}

/** Computes the evaluations of the children of a value from the evaluations of the value. */
function createWays(nodes: readonly SchemaNode[]) {
  let steps = 0
  const places = nodes.map(below)
  const closures = new Map<SchemaNode, Counts>()

  const add = (counts: Map<number, number>, node: SchemaNode, times: number) => {
    const more = from(node)
    steps += more.size
    for (const [id, count] of more) counts.set(id, (counts.get(id) ?? 0) + count * times)
  }
  /** The evaluations that a subschema causes on the same value, including its own. */
  const from = (node: SchemaNode): Counts => {
    const cached = closures.get(node)
    if (cached) return cached
    const counts = new Map([[node.id, 1]])
    for (const same of inPlace(node)) add(counts, same, 1)
    const all = total(counts, nodes)
    // The limit is exceeded already, so an exact count per subschema is not needed.
    const closure = all > MAX_COST.evaluations ? new Map([[node.id, all]]) : counts
    closures.set(node, closure)
    return closure
  }
  /**
   * The evaluations on the children of one kind: one entry for each name that a subschema lists, and one for all other
   * names.
   */
  const byKind = (counts: Counts, kind: number): Counts[] => {
    const named = new Map<string | number, Set<number>>()
    const unnamed = new Set<number>()
    for (const id of counts.keys()) {
      const place = places[id]![kind]
      if (!place) continue
      if (place.others.length + place.every.length > 0) unnamed.add(id)
      for (const name of place.named.keys()) named.set(name, (named.get(name) ?? new Set()).add(id))
    }
    const at = (name: string | number | null, ids: Iterable<number>) => {
      const next = new Map<number, number>()
      for (const id of ids) {
        steps++
        const { named, others, every } = places[id]![kind]!
        const one = name === null ? undefined : named.get(name)
        const times = counts.get(id)!
        if (one) add(next, one, times)
        else for (const node of others) add(next, node, times)
        for (const node of every) add(next, node, times)
      }
      return next
    }
    const levels = [...named].map(([name, ids]) => at(name, unnamed.size > 0 ? new Set([...ids, ...unnamed]) : ids))
    if (unnamed.size > 0) levels.push(at(null, unnamed))
    return levels.filter((below) => below.size > 0)
  }
  return {
    from,
    down: (counts: Counts) => [0, 1, 2].flatMap((kind) => byKind(counts, kind)),
    steps: () => steps,
  }
}

/**
 * All subschemas in topological order: a subschema comes after those that it applies to the same value. If that is
 * impossible, a subschema that is part of a cycle.
 */
function inOrder(nodes: readonly SchemaNode[]): { order: SchemaNode[] } | { endless: SchemaNode } {
  const order = new Set<SchemaNode>()
  const begun = new Set<SchemaNode>()
  const closes = (node: SchemaNode): boolean => {
    if (order.has(node)) return true
    if (begun.has(node)) return false
    begun.add(node)
    if (!inPlace(node).every(closes)) return false
    order.add(node)
    return true
  }
  const endless = nodes.find((node) => !closes(node))
  return endless ? { endless } : { order: [...order] }
}

/** How deeply evaluations are nested on a value and its children, down to `levels`. */
function nesting(order: readonly SchemaNode[], root: SchemaNode, levels: number): number {
  const same = order.map((node) => inPlace(node).map(({ id }) => id))
  const deeper = order.map((node) =>
    below(node)
      .flatMap(nodesOf)
      .map(({ id }) => id),
  )
  // The depth of each subschema (by id) on a value with `level` levels below it.
  let depths = new Int32Array(order.length)
  for (let level = 0; level <= levels && depths[root.id]! <= MAX_COST.depth; level++) {
    const next = new Int32Array(order.length)
    let changed = false
    for (const [i, { id }] of order.entries()) {
      let deepest = 0
      for (const other of same[i]!) deepest = Math.max(deepest, next[other]!)
      for (const other of deeper[i]!) deepest = Math.max(deepest, depths[other]!)
      next[id] = deepest + 1
      changed ||= next[id] !== depths[id]
    }
    depths = next
    if (!changed) break
  }
  return depths[root.id]!
}

const nodesOf = (place: Below | null) => (place ? [...place.named.values(), ...place.others, ...place.every] : [])
