import { assertionsOf, type Tools } from './assertions.ts'
import { blankNode, type SchemaNode } from './nodes.ts'
import { PatternProblem } from './patterns.ts'
import { createReferences } from './references.ts'
import { type Dialect, type Json, SchemaProblem } from './schema-problem.ts'

/** More than a schema of 64 KiB that was written by hand contains. */
export const MAX_NODES = 2_000

/** This many names of dependent required properties count as one evaluation. */
const NAMES_OF_ONE = 100

/**
 * The keywords that apply subschemas, by dialect. Everything else in a schema is read as a subschema only if a
 * reference points to it.
 */
const ONE_07 = ['not', 'if', 'then', 'else', 'additionalProperties', 'propertyNames', 'contains'] as const
const ONE = {
  'draft-07': ONE_07,
  '2020-12': [...ONE_07, 'items', 'unevaluatedItems', 'unevaluatedProperties'],
} as const
const LISTS = {
  'draft-07': ['allOf', 'anyOf', 'oneOf'],
  '2020-12': ['allOf', 'anyOf', 'oneOf', 'prefixItems'],
} as const
const NAMED = {
  'draft-07': ['properties', 'dependencies'],
  '2020-12': ['properties', 'dependencies', 'dependentSchemas'],
} as const
const DEFINITIONS = { 'draft-07': ['definitions'], '2020-12': ['$defs', 'definitions'] } as const

/**
 * Converts a schema to nodes and resolves its references. The schema must be valid against its meta-schema. No other
 * schema is used and no global state changes. If a reference points to a place outside the schema keywords, `problemOf`
 * validates the value there. `problemOf` is null for meta-schemas, which may use reserved names. Throws SchemaProblem.
 */
export function readSchema(
  schema: Json,
  dialect: Dialect,
  tools: Tools,
  problemOf: ((value: unknown) => string | null) | null,
): { root: SchemaNode; nodes: SchemaNode[] } {
  const nodes: SchemaNode[] = []
  const references = createReferences(schema, dialect, problemOf === null)

  const read = (value: unknown, at: readonly string[], base: string): SchemaNode => {
    if (nodes.length >= MAX_NODES) throw new SchemaProblem([], `has more than ${MAX_NODES} subschemas`)
    const node = blankNode(nodes.length, at)
    nodes.push(node)
    if (typeof value === 'boolean') {
      node.never = !value
      return node
    }
    const raw = value as Json
    const inner = references.enter(raw, node, base)
    const child = (item: unknown, ...keys: (string | number)[]) => read(item, [...at, ...keys.map(String)], inner)
    const list = (keyword: string) => (raw[keyword] as unknown[]).map((item, i) => child(item, keyword, i))
    const entries = (keyword: string) => Object.entries((raw[keyword] ?? {}) as Json)
    const named = (keyword: string) =>
      new Map(
        entries(keyword)
          .filter(([, item]) => !Array.isArray(item))
          .map(([name, item]) => [name, child(item, keyword, name)]),
      )

    node.assertions = within([...at, 'pattern'], () => assertionsOf(raw, tools, dialect))
    const required = [...entries('dependencies'), ...entries('dependentRequired')].flatMap(([, names]) =>
      Array.isArray(names) ? names : [],
    )
    node.weight += Math.floor(required.length / NAMES_OF_ONE)
    if (typeof raw.pattern === 'string') node.pattern = tools.patterns.of(raw.pattern)
    for (const keyword of ONE[dialect]) if (raw[keyword] !== undefined) node[keyword] = child(raw[keyword], keyword)
    for (const keyword of LISTS[dialect]) if (raw[keyword] !== undefined) node[keyword] = list(keyword)
    for (const keyword of NAMED[dialect]) if (raw[keyword] !== undefined) node[keyword] = named(keyword)
    node.patternProperties = entries('patternProperties').map(([source, item]) => [
      within([...at, 'patternProperties', source], () => tools.patterns.of(source)),
      child(item, 'patternProperties', source),
    ])
    for (const keyword of DEFINITIONS[dialect]) named(keyword)
    if (dialect === '2020-12') {
      if (typeof raw.minContains === 'number') node.minContains = raw.minContains
      if (typeof raw.maxContains === 'number') node.maxContains = raw.maxContains
    } else if (Array.isArray(raw.items)) {
      node.prefixItems = list('items')
      if (raw.additionalItems !== undefined) node.items = child(raw.additionalItems, 'additionalItems')
    } else if (raw.items !== undefined) node.items = child(raw.items, 'items')
    node.asksKeys =
      node.properties.size + node.patternProperties.length > 0 ||
      (node.additionalProperties ?? node.propertyNames ?? node.unevaluatedProperties) !== null
    return node
  }

  const root = read(schema, [], references.home)
  references.follow((value, at, base) => {
    const wrong = problemOf?.(value) ?? null
    if (wrong !== null) throw new SchemaProblem(at, `is referenced but is not a JSON Schema: ${wrong}`)
    return read(value, at, base)
  })
  return { root, nodes }
}

function within<Value>(at: readonly string[], make: () => Value): Value {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof PatternProblem)) throw error
    throw new SchemaProblem(at, `the pattern ${error.message}`)
  }
}
