import type { Assertions } from './assertions.ts'
import type { Pattern } from './patterns.ts'

/**
 * A subschema, with the subschemas that it applies: what is evaluated, and what is measured before. Both dialects come to the
 * same: `items` with a list is `prefixItems`, `dependencies` is `dependentRequired` and `dependentSchemas`.
 */
export interface SchemaNode extends Applied {
  id: number
  /** Where it stands in the schema. */
  at: readonly string[]
  /** It is `false`. */
  never: boolean
  /** How many evaluations one of it counts as: more where it looks for very many names. */
  weight: number
  /** Null for `true` and `false`. */
  assertions: Assertions | null
  /** Whether it applies anything to properties. */
  asksKeys: boolean
  pattern: Pattern | null
  minContains: number
  maxContains: number
}

/** The subschemas of one, by how they are applied. */
interface Applied {
  // To the same value.
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
  // To its properties.
  properties: ReadonlyMap<string, SchemaNode>
  patternProperties: readonly (readonly [Pattern, SchemaNode])[]
  additionalProperties: SchemaNode | null
  unevaluatedProperties: SchemaNode | null
  propertyNames: SchemaNode | null
  // To its items.
  prefixItems: readonly SchemaNode[]
  items: SchemaNode | null
  contains: SchemaNode | null
  unevaluatedItems: SchemaNode | null
}

/** Shared by all that have none: most have. */
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

/** What it applies to the value that it is itself applied to; twice what it may apply twice. */
export const inPlace = (node: SchemaNode): SchemaNode[] => [
  ...present(node.ref, node.not, node.if, node.then, node.else),
  ...node.allOf,
  ...node.anyOf,
  ...node.oneOf,
  ...node.dependentSchemas.values(),
  ...node.dependencies.values(),
]

/** What it applies to the values of one kind below: to some by name, to the others, and to every one. */
export interface Below {
  named: ReadonlyMap<string | number, SchemaNode>
  others: SchemaNode[]
  every: SchemaNode[]
}

/** Of its properties, of its items, and of the names of its properties; null where there is none. */
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
