import type { Assertions } from './assertions.ts'
import type { Pattern } from './patterns.ts'

/**
 * A subschema, and the subschemas that it applies. Measuring and evaluating use this form. It is the same for both
 * dialects: an `items` list becomes `prefixItems`, and `dependencies` becomes `dependentRequired` and
 * `dependentSchemas`.
 */
export interface SchemaNode extends Applied {
  id: number
  /** The path of the subschema within the schema. */
  at: readonly string[]
  /** Whether the schema is `false`. */
  never: boolean
  /** How many evaluations the subschema counts as. More than 1 if it checks very many names. */
  weight: number
  /** Null for boolean schemas. */
  assertions: Assertions | null
  /** Whether the subschema applies other subschemas to properties. */
  asksKeys: boolean
  pattern: Pattern | null
  minContains: number
  maxContains: number
}

/** Child subschemas by keyword. */
interface Applied {
  // Subschemas for the same value.
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
  // Subschemas for the properties of the value.
  properties: ReadonlyMap<string, SchemaNode>
  patternProperties: readonly (readonly [Pattern, SchemaNode])[]
  additionalProperties: SchemaNode | null
  unevaluatedProperties: SchemaNode | null
  propertyNames: SchemaNode | null
  // Subschemas for the items of the value.
  prefixItems: readonly SchemaNode[]
  items: SchemaNode | null
  contains: SchemaNode | null
  unevaluatedItems: SchemaNode | null
}

/** Shared by all nodes without children, which are most of them. */
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
    // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema
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

/** The subschemas that a node applies to the same value. If one may be applied twice, it is listed twice. */
export const inPlace = (node: SchemaNode): SchemaNode[] => [
  ...present(node.ref, node.not, node.if, node.then, node.else),
  ...node.allOf,
  ...node.anyOf,
  ...node.oneOf,
  ...node.dependentSchemas.values(),
  ...node.dependencies.values(),
]

/**
 * The subschemas that a node applies to children of one kind: to a child with a certain name, to children with other
 * names, and to every child.
 */
export interface Below {
  named: ReadonlyMap<string | number, SchemaNode>
  others: SchemaNode[]
  every: SchemaNode[]
}

/** The subschemas for properties, for items and for property names. An entry is null if the node has none. */
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
