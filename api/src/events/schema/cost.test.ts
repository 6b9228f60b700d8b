import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { measure } from './cost.ts'
import { FORMATS } from './formats.ts'
import { Identities } from './identity.ts'
import { META_SCHEMAS } from './meta-schemas.ts'
import { createPatterns } from './patterns.ts'
import { readSchema } from './read.ts'
import type { Dialect, Json } from './schema-problem.ts'

const LEVELS = 100
function costOf(schema: Json, levels = LEVELS, dialect: Dialect = '2020-12') {
  const tools = { patterns: createPatterns(), identities: new Identities(), formats: FORMATS }
  const { nodes, root } = readSchema(schema, dialect, tools, null)
  return measure(nodes, root, levels)
}
const times = <Item>(n: number, make: (i: number) => Item) => Array.from({ length: n }, (_, i) => make(i))
const named = (n: number, make: (i: number) => Json) => Object.fromEntries(times(n, (i) => [`n${i}`, make(i)]))
const ref = (i: number) => ({ $ref: `#/definitions/n${i}` })

describe('how often subschemas are evaluated on one value', () => {
  test.each<[string, Json, number]>([
    ['nothing to apply', { type: 'object' }, 1],
    ['properties are values of their own', { properties: named(300, () => ({ type: 'string' })) }, 1],
    ['and so are those within them', { properties: named(300, () => ({ properties: { a: {} } })) }, 1],
    ['a name may match patterns too', { properties: { a: {} }, patternProperties: { '^a': {}, b: {} } }, 3],
    ['what is named is nothing additional', { properties: { a: {} }, additionalProperties: {} }, 1],
    ['a place has its own schema', { prefixItems: [{}, {}], items: {}, contains: {} }, 2],
    ['a tree', { properties: { children: { items: { $ref: '#' } } } }, 2],
    ['a union', { oneOf: times(50, ref), definitions: named(50, () => ({ properties: { kind: {} } })) }, 101],
    // biome-ignore lint/suspicious/noThenProperty: it is the keyword
    ['all that is in place', { allOf: [{}], anyOf: [{}], oneOf: [{}], not: {}, if: {}, then: {}, else: {} }, 8],
    ['very many names that are required', { dependentRequired: { a: times(1_000, (i) => `n${i}`) } }, 11],
    ['dependencies', { dependencies: { a: {}, b: ['c'] }, dependentSchemas: { a: {} } }, 3],
  ])('%s', (_what, schema, evaluations) => {
    expect(costOf(schema)).toMatchObject({ evaluations })
  })

  test.each<[string, Json]>([
    ['on each level twice as often', { items: { anyOf: [{ $ref: '#' }, { $ref: '#' }] } }],
    [
      '24 levels of two references to the next',
      { ...ref(0), definitions: named(25, (i) => (i < 24 ? { anyOf: [ref(i + 1), ref(i + 1)] } : {})) },
    ],
    ['the same among properties', { patternProperties: { a: { $ref: '#' }, '^a': { $ref: '#' } } }],
    ['201 branches', { anyOf: times(201, () => ({})) }],
  ])('%s is too often', (_what, schema) => {
    const cost = costOf(schema)
    expect('evaluations' in cost && cost.evaluations).toBeGreaterThan(200)
  })

  test('linear growth per level is bounded by the payload depth', () => {
    const more = {
      properties: { a: { allOf: [{ $ref: '#' }, ref(0)] } },
      definitions: { n0: { properties: { a: ref(0) } } },
    }
    expect(costOf(more, 10)).toMatchObject({ evaluations: 23 })
    expect(costOf(more, 200)).toMatchObject({ evaluations: expect.toSatisfy((n: number) => n > 200) })
  })

  test.each<[string, Json]>([
    ['itself', { $ref: '#' }],
    ['itself by way of others', { allOf: [ref(0)], definitions: { n0: { not: { if: { $ref: '#' } } } } }],
  ])('%s on the same value has no end', (_what, schema) => {
    expect(costOf(schema)).toHaveProperty('endless')
  })
})

test('measuring stops after too many combinations', () => {
  // Names lead from each to others without order, so that new sets of them meet on a value all the time.
  const properties = (i: number) => named(5, (k) => ref((i * i * 7 + k * 11 + i * k * 3) % 31))
  const schema = { allOf: times(31, ref), definitions: named(31, (i) => ({ properties: properties(i) })) }
  expect(costOf(schema)).toEqual({ intricate: true })
})

test('each pattern that one text is matched against counts once', () => {
  const patterns = (schema: Json) => (costOf(schema) as { patterns: number }).patterns
  const one = patterns({ pattern: '^[a-z]{30}$' })
  expect(patterns({ anyOf: times(20, () => ({ pattern: '^[a-z]{30}$' })) })).toBe(one)
  expect(patterns({ properties: named(20, (i) => ({ pattern: `^[a-z]{30}${i}$` })) })).toBeLessThan(2 * one)
  expect(patterns({ anyOf: times(20, (i) => ({ pattern: `^[a-z]{30}${i}$` })) })).toBeGreaterThan(600)
  expect(
    patterns({ patternProperties: Object.fromEntries(times(30, (i) => [`^[a-z]{30}${i}$`, true])) }),
  ).toBeGreaterThan(600)
})

test('nested evaluations are counted down to the deepest level', () => {
  expect(costOf({ properties: { a: { allOf: [{ $ref: '#' }] } } }, 10)).toMatchObject({ depth: 31 })
  expect(costOf({ items: { items: { not: {} } } }, 10)).toMatchObject({ depth: 4 })
})

test('meta-schemas are within the limits', () => {
  for (const [dialect, schema] of Object.entries(META_SCHEMAS)) {
    const cost = costOf(schema, LEVELS, dialect as Dialect)
    expect(cost, dialect).toMatchObject({ evaluations: expect.toSatisfy((n: number) => n <= 200) })
    expect(cost, dialect).toMatchObject({ depth: expect.toSatisfy((n: number) => n <= 1_200) })
  }
})

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** Evaluates every subschema that applies, without shortcuts; counts by value. */
function countEvaluations(root: Json, payload: unknown): number {
  const counts = new Map<string, number>()
  const visit = (schema: unknown, value: unknown, at: string): void => {
    counts.set(at, (counts.get(at) ?? 0) + 1)
    if (typeof schema === 'boolean') return
    const one = schema as Record<string, Json> & { $ref?: string }
    if (one.$ref) visit(one.$ref === '#' ? root : (root.definitions as Json)[one.$ref.slice(14)], value, at)
    for (const keyword of ['allOf', 'anyOf', 'oneOf']) for (const each of listOf(one[keyword])) visit(each, value, at)
    for (const keyword of ['not', 'if', 'then', 'else']) if (one[keyword]) visit(one[keyword], value, at)
    if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) {
        const first = listOf(one.prefixItems)
        if (i < first.length) visit(first[i], item, `${at}/${i}`)
        else if (one.items) visit(one.items, item, `${at}/${i}`)
        if (one.contains) visit(one.contains, item, `${at}/${i}`)
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        if (one.dependentSchemas?.[key]) visit(one.dependentSchemas[key], value, at)
        const matching = Object.keys(one.patternProperties ?? {}).filter((source) => new RegExp(source, 'u').test(key))
        const known = Object.hasOwn(one.properties ?? {}, key)
        if (known) visit(one.properties![key], item, `${at}/${key}`)
        for (const source of matching) visit(one.patternProperties![source], item, `${at}/${key}`)
        if (!known && matching.length === 0 && one.additionalProperties)
          visit(one.additionalProperties, item, `${at}/${key}`)
        if (one.propertyNames) visit(one.propertyNames, key, `${at}/${key}#`)
      }
    }
  }
  visit(root, payload, '')
  return Math.max(...counts.values())
}

/** Subschemas that refer to some others. */
function schemas(...refs: string[]): fc.Arbitrary<Json> {
  const key = { requiredKeys: [] as [], noNullPrototype: true }
  const reference = fc.constantFrom(...refs)
  return fc.letrec<{ schema: Json }>((tie) => {
    const one = tie('schema')
    const list = fc.array(one, { minLength: 1, maxLength: 2 })
    const by = (...keys: string[]) =>
      fc.dictionary(fc.constantFrom(...keys), one, { maxKeys: 2, noNullPrototype: true })
    return {
      schema: fc.oneof(
        { maxDepth: 3, depthSize: 'small' },
        { weight: 3, arbitrary: fc.constant<Json>({}) },
        { weight: 2, arbitrary: reference.map(($ref): Json => ({ $ref })) },
        { weight: 1, arbitrary: fc.record({ allOf: list, properties: by('a', 'b') }, key) },
        { weight: 1, arbitrary: fc.record({ additionalProperties: one, patternProperties: by('^a', 'b') }, key) },
        { weight: 1, arbitrary: fc.record({ anyOf: list, items: one, contains: one }, key) },
        { weight: 1, arbitrary: fc.record({ oneOf: list, prefixItems: list, items: one }, key) },
        // biome-ignore lint/suspicious/noThenProperty: it is the keyword
        { weight: 1, arbitrary: fc.record({ not: one, if: one, then: one, propertyNames: one }, key) },
        { weight: 1, arbitrary: fc.record({ dependentSchemas: by('a', 'b'), $ref: reference, else: one }, key) },
      ),
    }
  }).schema
}

test('no payload needs more evaluations than measured', () => {
  const { payload } = fc.letrec<{ payload: unknown }>((tie) => ({
    payload: fc.oneof(
      { maxDepth: 4 },
      fc.constant(1),
      fc.array(tie('payload'), { minLength: 1, maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'ab', 'c'), tie('payload'), { minKeys: 1, noNullPrototype: true }),
    ),
  }))
  const root = schemas('#/definitions/n0', '#/definitions/n1')
  const below = fc.record({ properties: fc.record({ a: schemas('#', '#/definitions/n0') }), items: schemas('#') })
  const payloads = fc.array(payload, { minLength: 8, maxLength: 8 })
  let measured = 0
  let reached = 0
  fc.assert(
    fc.property(root, schemas('#/definitions/n1'), below, payloads, (root, n0, n1, payloads) => {
      const whole = { ...root, definitions: { n0, n1 } }
      const cost = costOf(whole, 6)
      if (!('evaluations' in cost) || cost.evaluations > 200) return
      measured++
      const counts = payloads.map((payload) => countEvaluations(whole, payload))
      expect(Math.max(...counts)).toBeLessThanOrEqual(cost.evaluations)
      if (Math.max(...counts) === cost.evaluations) reached++
    }),
    { numRuns: 800 },
  )
  // The measured value is also not far above the real one.
  expect(measured).toBeGreaterThan(400)
  expect(reached).toBeGreaterThan(measured / 2)
})
