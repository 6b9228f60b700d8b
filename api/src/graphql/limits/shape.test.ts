import fc from 'fast-check'
import { type DocumentNode, type FragmentDefinitionNode, Kind, parse, type SelectionNode } from 'graphql'
import { expect, test } from 'vitest'
import type { LimitName, Limits } from './refusal.ts'
import { outOfShape } from './shape.ts'

const MEASURES = ['depth', 'fields', 'breadth', 'rootFields', 'aliases', 'directives', 'introspection'] as const
const ANY: Limits = {
  tokens: Number.POSITIVE_INFINITY,
  lines: Number.POSITIVE_INFINITY,
  name: Number.POSITIVE_INFINITY,
  depth: Number.POSITIVE_INFINITY,
  fields: Number.POSITIVE_INFINITY,
  breadth: Number.POSITIVE_INFINITY,
  rootFields: Number.POSITIVE_INFINITY,
  aliases: Number.POSITIVE_INFINITY,
  directives: Number.POSITIVE_INFINITY,
  introspection: Number.POSITIVE_INFINITY,
  cost: Number.POSITIVE_INFINITY,
  liveCost: Number.POSITIVE_INFINITY,
}

/** The reported value of one measure of the first operation of a document, with all limits at zero. */
const measured = (document: DocumentNode, name: LimitName) => outOfShape(document, { ...ANY, [name]: -1 })?.got

/** Measures by brute force: expands every fragment where it is spread. */
function naive(document: DocumentNode): Record<(typeof MEASURES)[number], number> {
  const fragments = new Map(
    document.definitions
      .filter((definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  )
  const found = { depth: 0, fields: 0, breadth: 0, rootFields: 0, aliases: 0, directives: 0, introspection: 0 }
  const walk = (nodes: readonly SelectionNode[], depth: number, lists: number): number => {
    let own = 0
    for (const node of nodes) {
      found.directives += node.directives?.length ?? 0
      if (node.kind === Kind.FIELD) {
        own++
        found.fields++
        found.aliases += node.alias ? 1 : 0
        found.depth = Math.max(found.depth, depth + 1)
        const isList = node.name.value === 'fields' || node.name.value === 'inputFields'
        const within = node.name.value === '__schema' ? Math.max(lists, 0) : lists < 0 ? -1 : lists + (isList ? 1 : 0)
        if (within > 0) found.introspection = Math.max(found.introspection, within)
        const breadth = walk(node.selectionSet?.selections ?? [], depth + 1, within)
        found.breadth = Math.max(found.breadth, breadth)
      } else {
        const set = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value)
        own += walk(set?.selectionSet.selections ?? [], depth, lists)
      }
    }
    found.breadth = Math.max(found.breadth, own)
    return own
  }
  for (const definition of document.definitions.slice(0, 1)) {
    if (definition.kind === Kind.OPERATION_DEFINITION)
      found.rootFields = walk(definition.selectionSet.selections, 0, -1)
  }
  return found
}

/** A selection that spreads only fragments with a higher number than `above`: no cycles. */
const selection = (above: number, levels: number): fc.Arbitrary<string> => {
  const field = fc
    .tuple(
      fc.constantFrom('a', 'b', 'x: a', 'y: b', 'fields', '__schema', 'a @skip(if: true)'),
      levels > 0
        ? fc.option(fc.array(selection(above, levels - 1), { minLength: 1, maxLength: 3 }), { nil: undefined })
        : fc.constant(undefined),
    )
    .map(([name, within]) => (within ? `${name} { ${within.join(' ')} }` : name))
  const inline = fc
    .array(field, { minLength: 1, maxLength: 2 })
    .map((fields) => `... @include(if: true) { ${fields.join(' ')} }`)
  if (above >= 5) return fc.oneof(field, inline)
  const spread = fc.integer({ min: above + 1, max: 5 }).map((n) => `...f${n}`)
  return fc.oneof(field, field, spread, inline)
}

const document = fc
  .tuple(...Array.from({ length: 7 }, (_, i) => fc.array(selection(i - 1, 2), { minLength: 1, maxLength: 4 })))
  .map(([root, ...fragments]) =>
    parse(`{ ${root!.join(' ')} } ${fragments.map((set, i) => `fragment f${i} on T { ${set.join(' ')} }`).join(' ')}`),
  )

test('a fragment is measured once and counts at each spread', () => {
  fc.assert(
    fc.property(document, (parsed) => {
      const expected = naive(parsed)
      for (const name of MEASURES) expect([name, measured(parsed, name)]).toEqual([name, expected[name]])
    }),
    { numRuns: 300 },
  )
})

test('exponentially nested fragments are measured in linear time, and cycles end', () => {
  const doubling = Array.from({ length: 60 }, (_, i) => `fragment f${i} on T { x { ...f${i + 1} } y { ...f${i + 1} } }`)
  const parsed = parse(`{ ...f0 } ${doubling.join(' ')} fragment f60 on T { id }`)
  expect(measured(parsed, 'fields')).toBeGreaterThan(2 ** 60)
  expect(measured(parsed, 'depth')).toBe(61)
  const cyclic = parse('{ ...a } fragment a on T { x { ...b } } fragment b on T { y { ...a } }')
  expect(measured(cyclic, 'depth')).toBe(2)
})
