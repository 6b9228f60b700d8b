import type { Assertions } from './assertions.ts'
import type { Pattern } from './patterns.ts'

/**
 * A subschema with the subschemas that it applies. Both measuring and evaluation work on it. Both dialects map to the
 * same form: an `items` list becomes `prefixItems`, `dependencies` becomes `dependentRequired` and
 * `dependentSchemas`.
 */
export interface SchemaNode extends Applied {
  id: number
  /** Path in the schema. */
  at: readonly string[]
  /** Whether the schema is `false`. */
  never: boolean
  /** The number of evaluations that it counts as; more than 1 if it checks very many names. */
  weight: number
  /** Null for boolean schemas. */
  assertions: Assertions | null
  /** Whether it applies subschemas to properties. */
  asksKeys: boolean
  pattern: Pattern | null
  minContains: number
  maxContains: number
}

/** Child subschemas by keyword. */
interface Applied {
  // Applied to the same value.
  ref: SchemaNode | null
  allOf: readonly SchemaNode[]
  anyOf: readonly SchemaNode[]
  oneOf: readonly SchemaNode[]
  not: SchemaNode | null
  if: SchemaNode | null
  then: SchemaNode | null
  else: SchemaNode | null
  dependentSchemas: ReadonlyMap<string, SchemaNode>
  dependencies: ReadonlyMap<string, SchemaNode>
  // Applied to its properties.
  properties: ReadonlyMap<string, SchemaNode>
  patternProperties: readonly (readonly [Pattern, SchemaNode])[]
  additionalProperties: SchemaNode | null
  unevaluatedProperties: SchemaNode | null
  propertyNames: SchemaNode | null
  // Applied to its items.
  prefixItems: readonly SchemaNode[]
  items: SchemaNode | null
  contains: SchemaNode | null
  unevaluatedItems: SchemaNode | null
}

/** Shared by all nodes without children, which are the majority. */
const NO_LIST: readonly never[] = []
const NO_NAMES: ReadonlyMap<never, never> = new Map<never, never>()

export function blankNode(id: number, at: readonly string[]): SchemaNode {
  return {
    id,
    at,
    never: false,
    weight: 1,
    assertions: null,
    asksKeys: false,
    pattern: null,
    minContains: 1,
    maxContains: Number.POSITIVE_INFINITY,
    ref: null,
    allOf: NO_LIST,
    anyOf: NO_LIST,
    oneOf: NO_LIST,
    not: null,
    if: null,
    // biome-ignore lint/suspicious/noThenProperty: it is the keyword
    then: null,
    else: null,
    dependentSchemas: NO_NAMES,
    dependencies: NO_NAMES,
    properties: NO_NAMES,
    patternProperties: NO_LIST,
    additionalProperties: null,
    unevaluatedProperties: null,
    propertyNames: null,
    prefixItems: NO_LIST,
    items: null,
    contains: null,
    unevaluatedItems: null,
  }
}

const present = (...nodes: (SchemaNode | null)[]) => nodes.filter((node) => node !== null)

/** The subschemas that it applies to the same value. A subschema that may be applied twice is listed twice. */
export const inPlace = (node: SchemaNode): SchemaNode[] => [
  ...present(node.ref, node.not, node.if, node.then, node.else),
  ...node.allOf,
  ...node.anyOf,
  ...node.oneOf,
  ...node.dependentSchemas.values(),
  ...node.dependencies.values(),
]

/** The subschemas that it applies to children of one kind: by name, to all other names, and to every child. */
export interface Below {
  named: ReadonlyMap<string | number, SchemaNode>
  others: SchemaNode[]
  every: SchemaNode[]
}

/** For its properties, its items and its property names; null if there is none. */
export const below = (node: SchemaNode): (Below | null)[] => [
  kind(
    node.properties,
    present(node.additionalProperties, node.unevaluatedProperties),
    node.patternProperties.map(([, child]) => child),
  ),
  kind(new Map(node.prefixItems.entries()), present(node.items, node.unevaluatedItems), present(node.contains)),
  kind(NO_NAMES, [], present(node.propertyNames)),
]

const kind = (named: Below['named'], others: SchemaNode[], every: SchemaNode[]): Below | null =>
  named.size + others.length + every.length > 0 ? { named, others, every } : null
