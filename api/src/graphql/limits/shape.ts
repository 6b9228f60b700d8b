import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import type { LimitName, Limits } from './refusal.ts'

/**
 * The size of a selection, with its fragments expanded. Numbers may be Infinity. `selected` is the number of fields of
 * the selection itself, `breadth` that of the largest selection inside it.
 */
interface Shape {
  depth: number
  fields: number
  selected: number
  breadth: number
  aliases: number
  directives: number
  /** How deeply __Type lists are nested: `typeLists` anywhere, `introspection` only below __schema or __type. */
  typeLists: number
  introspection: number
}

const NOTHING: Shape = {
  depth: 0,
  fields: 0,
  selected: 0,
  breadth: 0,
  aliases: 0,
  directives: 0,
  typeLists: 0,
  introspection: 0,
}

/**
 * The fields that graphql-js' MaxIntrospectionDepthRule counts. Each level of them multiplies the size of the result.
 */
const TYPE_LISTS = new Set(['fields', 'interfaces', 'possibleTypes', 'inputFields'])

/** The first limit that an operation or fragment of the document exceeds; null if there is none. */
export function outOfShape(
  document: DocumentNode,
  limits: Limits,
): { limit: LimitName; got: number; max: number } | null {
  const measure = createMeasure(document)
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION && definition.kind !== Kind.FRAGMENT_DEFINITION) continue
    const shape = measure(definition)
    const got: [LimitName, number][] = [
      ['depth', shape.depth],
      ['rootFields', definition.kind === Kind.OPERATION_DEFINITION ? shape.selected : 0],
      ['aliases', shape.aliases],
      ['breadth', shape.breadth],
      ['fields', shape.fields],
      ['directives', shape.directives],
      ['introspection', shape.introspection],
    ]
    for (const [limit, value] of got) if (value > limits[limit]) return { limit, got: value, max: limits[limit] }
  }
  return null
}

/**
 * Measures operations and fragments. Each fragment is measured only once, however often it is spread. So fragments that
 * spread others twice, level by level, are cheap to measure. A fragment that contains itself counts as 0, because
 * validation refuses it.
 */
function createMeasure(document: DocumentNode) {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const measured = new Map<string, Shape>()

  const ofSpread = (name: string): Shape => {
    const cached = measured.get(name)
    if (cached) return cached
    const fragment = fragments.get(name)
    if (!fragment) return NOTHING
    measured.set(name, NOTHING)
    const shape = ofSet(fragment.selectionSet)
    measured.set(name, shape)
    return shape
  }

  const ofSelection = (node: SelectionNode): Shape => {
    const directives = node.directives?.length ?? 0
    if (node.kind !== Kind.FIELD) {
      const shape = node.kind === Kind.FRAGMENT_SPREAD ? ofSpread(node.name.value) : ofSet(node.selectionSet)
      return directives === 0 ? shape : { ...shape, directives: shape.directives + directives }
    }
    const within = node.selectionSet ? ofSet(node.selectionSet) : NOTHING
    const name = node.name.value
    const isEntry = name === '__schema' || name === '__type'
    return {
      depth: within.depth + 1,
      fields: within.fields + 1,
      selected: 1,
      breadth: within.breadth,
      aliases: within.aliases + (node.alias ? 1 : 0),
      directives: within.directives + directives,
      typeLists: within.typeLists + (TYPE_LISTS.has(name) ? 1 : 0),
      introspection: isEntry ? Math.max(within.introspection, within.typeLists) : within.introspection,
    }
  }

  const ofSet = ({ selections }: SelectionSetNode): Shape => {
    const sum = { ...NOTHING }
    for (const selection of selections) {
      const shape = ofSelection(selection)
      sum.depth = Math.max(sum.depth, shape.depth)
      sum.fields += shape.fields
      sum.selected += shape.selected
      sum.breadth = Math.max(sum.breadth, shape.breadth)
      sum.aliases += shape.aliases
      sum.directives += shape.directives
      sum.typeLists = Math.max(sum.typeLists, shape.typeLists)
      sum.introspection = Math.max(sum.introspection, shape.introspection)
    }
    sum.breadth = Math.max(sum.breadth, sum.selected)
    return sum
  }

  return (definition: OperationDefinitionNode | FragmentDefinitionNode): Shape => {
    const shape =
      definition.kind === Kind.FRAGMENT_DEFINITION ? ofSpread(definition.name.value) : ofSet(definition.selectionSet)
    return { ...shape, directives: shape.directives + (definition.directives?.length ?? 0) }
  }
}
