/**
 * GraphQL documents as nested arrays. They take a fraction of the space of syntax trees in a bundle, and need no
 * parser.
 *
 * A node is `[code, ...values]`. `code` is the position of the node's kind in NODES, and the values have the order of
 * the keys there. A Name is packed as its string, and so is a Field that has only a name. 0 means that a value is
 * absent; zeros at the end are left out.
 */

/** Kinds of nodes with their keys. @type {readonly (readonly [kind: string, ...keys: string[]])[]} */
const NODES = [
  ['OperationDefinition', 'operation', 'name', 'variableDefinitions', 'selectionSet', 'directives'],
  ['FragmentDefinition', 'name', 'typeCondition', 'selectionSet', 'directives'],
  ['SelectionSet', 'selections'],
  ['Field', 'name', 'selectionSet', 'arguments', 'alias', 'directives'],
  ['FragmentSpread', 'name', 'directives'],
  ['InlineFragment', 'typeCondition', 'selectionSet', 'directives'],
  ['Argument', 'name', 'value'],
  ['Variable', 'name'],
  ['VariableDefinition', 'variable', 'type', 'defaultValue', 'directives'],
  ['NamedType', 'name'],
  ['ListType', 'type'],
  ['NonNullType', 'type'],
  ['Directive', 'name', 'arguments'],
  ['IntValue', 'value'],
  ['FloatValue', 'value'],
  ['StringValue', 'value', 'block'],
  ['BooleanValue', 'value'],
  ['NullValue'],
  ['EnumValue', 'value'],
  ['ListValue', 'values'],
  ['ObjectValue', 'fields'],
  ['ObjectField', 'name', 'value'],
]
const NAMES = ['name', 'alias']
/** Keys that the parser sets to an empty list rather than leaving them out. */
const LISTS = ['variableDefinitions', 'arguments', 'directives']

/** @typedef {string | number | boolean | Packed[]} Packed */

/** @param {Packed} packed @param {string} key @returns {unknown} */
function unpack(packed, key) {
  if (packed === 0) return LISTS.includes(key) ? [] : undefined
  if (NAMES.includes(key)) return { kind: 'Name', value: packed }
  if (key === 'selections' && typeof packed === 'string') return unpack([3, packed], '')
  if (!Array.isArray(packed)) return packed
  const [code, ...values] = packed
  if (typeof code !== 'number') return packed.map((one) => unpack(one, key))
  const [kind = '', ...keys] = NODES[code] ?? []
  return { kind, ...Object.fromEntries(keys.map((one, at) => [one, unpack(values[at] ?? 0, one)])) }
}

/** @param {unknown} value @param {string} key @returns {Packed} */
function pack(value, key) {
  if (Array.isArray(value)) return value.length === 0 && LISTS.includes(key) ? 0 : value.map((one) => pack(one, key))
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value !== 'object' || value === null || !('kind' in value)) return 0
  if (value.kind === 'Name' && 'value' in value) return String(value.value)
  const code = NODES.findIndex(([kind]) => kind === value.kind)
  const [, ...keys] = NODES[code] ?? []
  if (code < 0) throw new Error(`web/lib/packed-document.mjs does not know the node ${value.kind}`)
  /** @type {Packed[]} */
  const values = keys.map((one) => pack(Reflect.get(value, one), one))
  while (values.at(-1) === 0) values.pop()
  return key === 'selections' && value.kind === 'Field' && values.length === 1 ? (values[0] ?? 0) : [code, ...values]
}

/**
 * Packs the definitions of a document without locations.
 * @param {readonly import('graphql').DefinitionNode[]} definitions
 */
export const packDefinitions = (definitions) => definitions.map((one) => pack(one, ''))

/**
 * The document that packDefinitions() packed.
 * @param {Packed[]} definitions
 * @param {string} [hash] the document's id, `sha256:<hex>`; fragments have none
 */
export const unpackDocument = (definitions, hash) => ({
  kind: 'Document',
  definitions: definitions.map((one) => unpack(one, '')),
  ...(hash && { __meta__: { hash } }),
})
