import { type Below, below, inPlace, type SchemaNode } from './nodes.ts'
import type { Pattern } from './patterns.ts'

/** Upper bound of the cost per value, for any payload. */
export interface Cost {
  /** Number of subschema evaluations per value. */
  evaluations: number
  /** Total size of the patterns that are matched against one text or property name. */
  patterns: number
  /** Maximum nesting of evaluations from the top of a payload to its deepest level, which the stack must hold. */
  depth: number
}

/** At this depth, unoptimised code uses two thirds of the Node.js stack. */
export const MAX_COST: Cost = { evaluations: 200, patterns: 600, depth: 1_200 }

/** Number of subschema combinations after which a schema counts as too complex to measure. */
const MAX_STEPS = 200_000

/**
 * The reason why a schema has no bound: a subschema evaluates itself on the same value, or the schema is too complex
 * to measure.
 */
export type Unbounded = { endless: SchemaNode } | { intricate: true }

/** Number of evaluations per subschema id on one value. */
type Counts = ReadonlyMap<number, number>

/**
 * Measures a schema. Each value of a payload is reached by one path of keys. The function follows all paths that the
 * schema distinguishes, down to `levels`, and counts the subschema evaluations at each value. It stops once MAX_COST
 * is exceeded. It also marks patterns that may be matched against one text more than once.
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

/** Total size of the patterns that are matched together. Each counts once, because results are cached. */
function sizeOf(counts: Counts, nodes: readonly SchemaNode[], patternsOf: (node: SchemaNode) => Pattern[]): number {
  const patterns = new Set<Pattern>()
  for (const [id, count] of counts)
    for (const pattern of patternsOf(nodes[id]!)) {
      if (count > 1 || patterns.has(pattern)) pattern.repeated = true
      patterns.add(pattern)
    }
  return [...patterns].reduce((sum, { size }) => sum + size, 0)
}

/** Moves from the evaluations on a value to those on its children. */
function createWays(nodes: readonly SchemaNode[]) {
  let steps = 0
  const places = nodes.map(below)
  const closures = new Map<SchemaNode, Counts>()

  const add = (counts: Map<number, number>, node: SchemaNode, times: number) => {
    const more = from(node)
    steps += more.size
    for (const [id, count] of more) counts.set(id, (counts.get(id) ?? 0) + count * times)
  }
  /** A subschema and all subschemas that it applies to the same value. */
  const from = (node: SchemaNode): Counts => {
    const cached = closures.get(node)
    if (cached) return cached
    const counts = new Map([[node.id, 1]])
    for (const same of inPlace(node)) add(counts, same, 1)
    const all = total(counts, nodes)
    // The limit is already exceeded, so the exact count does not matter.
    const closure = all > MAX_COST.evaluations ? new Map([[node.id, all]]) : counts
    closures.set(node, closure)
    return closure
  }
  /**
   * Evaluations on the children of one kind: one entry per name that a subschema lists, and one for all other names.
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
 * All subschemas in topological order (each after those that it applies to the same value), or a subschema that is
 * part of a cycle.
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

/** Maximum nesting of evaluations on one value and its children down to `levels`. */
function nesting(order: readonly SchemaNode[], root: SchemaNode, levels: number): number {
  const same = order.map((node) => inPlace(node).map(({ id }) => id))
  const deeper = order.map((node) =>
    below(node)
      .flatMap(nodesOf)
      .map(({ id }) => id),
  )
  // Depth by subschema id, for a value with this many levels below it.
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
