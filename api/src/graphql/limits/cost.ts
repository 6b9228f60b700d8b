import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  type ValueNode,
} from 'graphql'
import { DEFAULT_PAGE, MAX_PAGE } from '../../db/keyset.ts'

/**
 * The cost of a field. The unit is one value in a response: without a declaration, a field costs 1 per value,
 * regardless of the size of the value.
 *
 * - `self`: the cost of the field itself if it is higher than 1, for example for an aggregate over rows or a long text.
 * - `rows`: the number of elements of a list. A number is the typical size, not the maximum. `arg` is the argument that
 *   determines the size (a number or a list of ids). 'page' is for the list in a connection type; its size is the
 *   `first` or `last` of the field that returns the connection.
 */
export interface FieldCost {
  self?: number
  rows?: number | { arg: string; max: number } | 'page'
}

/** For the `extensions` of a field or scalar: `extensions: costs({ rows: 10 })`. */
export const costs = (cost: FieldCost) => ({ cost })

export const costOf = (element: { extensions: object }): FieldCost | undefined =>
  'cost' in element.extensions ? (element.extensions.cost as FieldCost) : undefined

type Variables = Readonly<Record<string, unknown>>
/** A number, or a function that computes it from the variables. */
type Cost = number | ((variables: Variables) => number)

/** Introspection reads no rows, so a value costs only a tenth. */
const INTROSPECTED = 0.1
/** Typical sizes of the lists in introspection. */
const INTROSPECTED_ROWS: Readonly<Record<string, number>> = {
  fields: 5,
  args: 2,
  inputFields: 3,
  enumValues: 3,
  interfaces: 1,
  possibleTypes: 1,
  directives: 6,
}

const plans = new WeakMap<DocumentNode, Map<OperationDefinitionNode, Cost>>()

/**
 * The maximum cost of an operation, computed from its page sizes and the typical sizes of other lists. The computation
 * is prepared once per operation and then applied to any variables. The document must be valid, and the number of its
 * fields must have been checked (shape.ts), because a fragment is processed each time it is spread.
 */
export function operationCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): number {
  let operations = plans.get(document)
  if (!operations) {
    operations = new Map()
    plans.set(document, operations)
  }
  let cost = operations.get(operation)
  if (cost === undefined) {
    cost = planOf(schema, document, operation)
    operations.set(operation, cost)
  }
  return typeof cost === 'number' ? cost : cost(variables)
}

function planOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Cost {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const defaults = new Map<string, ValueNode>()
  for (const { variable, defaultValue } of operation.variableDefinitions ?? [])
    if (defaultValue) defaults.set(variable.name.value, defaultValue)

  const ofSet = ({ selections }: SelectionSetNode, type: GraphQLNamedType | undefined, page: Cost): Cost =>
    sum(
      selections.map((node) => {
        if (node.kind === Kind.FIELD) return ofField(node, type, page)
        const { selectionSet, typeCondition } =
          node.kind === Kind.INLINE_FRAGMENT ? node : (fragments.get(node.name.value) ?? {})
        if (!selectionSet) return 0
        return ofSet(selectionSet, typeCondition ? schema.getType(typeCondition.name.value) : type, page)
      }),
    )

  const ofField = (node: FieldNode, parent: GraphQLNamedType | undefined, page: Cost): Cost => {
    const field = fieldOf(parent, node.name.value)
    if (!field) return 1
    const type = getNamedType(field.type)
    const introspected = isIntrospectionType(type) || (parent !== undefined && isIntrospectionType(parent))
    const self = introspected ? INTROSPECTED : (costOf(field)?.self ?? costOf(type)?.self ?? 1)
    if (!node.selectionSet) return self
    const rows = introspected ? introspectedRows(schema, field) : rowsOf(field, node, page)
    return sum([self, times(rows, ofSet(node.selectionSet, type, pageOf(field, node)))])
  }

  const rowsOf = (field: GraphQLField<unknown, unknown>, node: FieldNode, page: Cost): Cost => {
    const rows = costOf(field)?.rows
    if (rows === undefined) return 1
    if (rows === 'page') return page
    if (typeof rows === 'number') return rows
    const usual = counted(field.args.find(({ name }) => name === rows.arg)?.defaultValue)
    return countCost([countOf(rows.arg, field, node)], usual ?? 1, rows.max)
  }

  const pageOf = (field: GraphQLField<unknown, unknown>, node: FieldNode): Cost =>
    isConnection(field)
      ? countCost([countOf('first', field, node), countOf('last', field, node)], DEFAULT_PAGE, MAX_PAGE)
      : DEFAULT_PAGE

  /** The number of rows that an argument requests: a constant or a function of the variables. */
  const countOf = (name: string, field: GraphQLField<unknown, unknown>, node: FieldNode): Count => {
    const fallback = counted(field.args.find((arg) => arg.name === name)?.defaultValue)
    const argument = node.arguments?.find((arg: ArgumentNode) => arg.name.value === name)?.value
    if (!argument) return fallback
    if (argument.kind !== Kind.VARIABLE) return literal(argument)
    const variable = argument.name.value
    const byDefault = defaults.get(variable)
    const left = byDefault ? literal(byDefault) : fallback
    return (variables) => (variables[variable] === undefined ? left : counted(variables[variable]))
  }

  const root = schema.getRootType(operation.operation)
  return ofSet(operation.selectionSet, root ?? undefined, DEFAULT_PAGE)
}

/** A number of rows. Undefined if the argument is null or absent. */
type Count = number | undefined | ((variables: Variables) => number | undefined)

const counted = (value: unknown): number | undefined => {
  if (value === null || value === undefined) return undefined
  if (Array.isArray(value)) return value.length
  // Other values are refused when variables are coerced, or become a list with one element.
  return typeof value === 'number' ? value : 1
}

function literal(node: ValueNode): number | undefined {
  if (node.kind === Kind.NULL) return undefined
  if (node.kind === Kind.LIST) return node.values.length
  return node.kind === Kind.INT ? Number(node.value) : 1
}

/** The first count that is defined, but at most what the resolver accepts. The resolver refuses larger values. */
function countCost(counts: readonly Count[], fallback: number, max: number): Cost {
  const evaluate = (variables: Variables) => {
    for (const count of counts) {
      const value = typeof count === 'function' ? count(variables) : count
      if (value !== undefined) return Math.min(Math.max(value, 0), max)
    }
    return fallback
  }
  return counts.some((count) => typeof count === 'function') ? evaluate : evaluate({})
}

function sum(costs: readonly Cost[]): Cost {
  let fixed = 0
  const varying: ((variables: Variables) => number)[] = []
  for (const cost of costs) {
    if (typeof cost === 'number') fixed += cost
    else varying.push(cost)
  }
  if (varying.length === 0) return fixed
  return (variables) => varying.reduce((total, cost) => total + cost(variables), fixed)
}

function times(rows: Cost, cost: Cost): Cost {
  if (typeof rows === 'number' && typeof cost === 'number') return rows * cost
  return (variables) => at(rows, variables) * at(cost, variables)
}

const at = (cost: Cost, variables: Variables) => (typeof cost === 'number' ? cost : cost(variables))

/** Whether a field returns a connection, which means that it has the paging arguments (connection.ts). */
export const isConnection = (field: GraphQLField<unknown, unknown>): boolean =>
  field.args.some(({ name }) => name === 'first') && field.args.some(({ name }) => name === 'last')

function fieldOf(type: GraphQLNamedType | undefined, name: string): GraphQLField<unknown, unknown> | undefined {
  if (name === '__schema') return SchemaMetaFieldDef
  if (name === '__type') return TypeMetaFieldDef
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined
}

function introspectedRows(schema: GraphQLSchema, field: GraphQLField<unknown, unknown>): number {
  const isList = isListType(isNonNullType(field.type) ? field.type.ofType : field.type)
  if (!isList) return 1
  return field.name === 'types' ? Object.keys(schema.getTypeMap()).length : (INTROSPECTED_ROWS[field.name] ?? 1)
}
