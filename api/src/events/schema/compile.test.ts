import { describe, expect, test } from 'vitest'
import type { AppError } from '../../kit/errors.ts'
import { compileSchema } from './compile.ts'
import type { Json } from './schema-problem.ts'

const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/schema'
const issues = (schema: unknown, payload: unknown) => compileSchema(schema, 'schema')(payload)
const times = <Item>(n: number, make: (i: number) => Item) => Array.from({ length: n }, (_, i) => make(i))

describe('problems are reported with their paths', () => {
  const order = {
    type: 'object',
    required: ['id'],
    properties: {
      id: { type: 'string', pattern: '^order-[0-9]+$' },
      at: { format: 'date-time' },
      state: { enum: ['open', 'paid'] },
      tags: { uniqueItems: true, maxItems: 3 },
      lines: { items: { $ref: '#/definitions/line' } },
      'a/b': { type: ['number', 'null'] },
      by: { anyOf: [{ type: 'string' }, { type: 'object', required: ['name'] }] },
    },
    additionalProperties: false,
    definitions: { line: { properties: { n: { type: 'integer', minimum: 1 } }, dependencies: { n: ['sku'] } } },
  }
  test.each<[unknown, string[], string]>([
    [{}, [], "must have required property 'id'"],
    [[], [], 'must be object'],
    [{ id: 'order' }, ['id'], 'must match pattern "^order-[0-9]+$"'],
    [{ id: 'order-1', at: 'today' }, ['at'], 'must match format "date-time"'],
    [{ id: 'order-1', state: 'new' }, ['state'], 'must be equal to one of the allowed values'],
    [
      { id: 'order-1', tags: [{ a: 1, b: 2 }, 1, { b: 2, a: 1 }] },
      ['tags'],
      'must NOT have duplicate items (items ## 0 and 2 are identical)',
    ],
    [{ id: 'order-1', tags: [1, 2, 3, 4] }, ['tags'], 'must NOT have more than 3 items'],
    [{ id: 'order-1', lines: [{}, { sku: 'x', n: 0 }] }, ['lines', '1', 'n'], 'must be >= 1'],
    [{ id: 'order-1', lines: [{ n: 1 }] }, ['lines', '0'], 'must have property sku when property n is present'],
    [{ id: 'order-1', 'a/b': 'x' }, ['a/b'], 'must be number,null'],
    [{ id: 'order-1', more: 1 }, [], 'must NOT have additional properties'],
    [{ id: 'order-1', by: {} }, ['by'], 'must be string'],
  ])('%j', (payload, path, message) => {
    expect(issues(order, payload)?.[0]).toEqual({ path, message })
    expect(issues(order, { id: 'order-1', tags: ['1', 1], by: { name: 'x' }, 'a/b': null })).toBeNull()
  })

  test('a union reports the problems of its branches up to a limit', () => {
    expect(issues(order, { id: 'order-1', by: {} })).toEqual([
      { path: ['by'], message: 'must be string' },
      { path: ['by'], message: "must have required property 'name'" },
      { path: ['by'], message: 'must match a schema in anyOf' },
    ])
    const many = { additionalProperties: { oneOf: times(150, (i) => ({ required: [`x${i}`] })) } }
    const found = issues(many, { ['k'.repeat(100_000)]: {} })
    expect(found).toHaveLength(60)
    expect(JSON.stringify(found).length).toBeLessThan(50_000)
  })

  test('inherited members of an object are not properties', () => {
    expect(issues({ required: ['constructor'] }, {})).not.toBeNull()
    expect(issues({ properties: { toString: { type: 'null' } } }, {})).toBeNull()
  })

  test('unevaluated keywords of 2020-12', () => {
    const base = { $defs: { base: { properties: { a: {} }, if: { required: ['b'] } } }, $schema: DRAFT_2020 }
    const sealed = { ...base, allOf: [{ $ref: '#/$defs/base' }], properties: { c: {} }, unevaluatedProperties: false }
    expect(issues(sealed, { a: 1, c: 2 })).toBeNull()
    expect(issues(sealed, { a: 1, d: 2 })).toEqual([{ path: [], message: 'must NOT have unevaluated properties' }])
    const items = {
      $schema: DRAFT_2020,
      prefixItems: [{}],
      contains: { const: 7 },
      unevaluatedItems: { type: 'string' },
    }
    expect(issues(items, [0, 7, 'x'])).toBeNull()
    expect(issues(items, [0, 7, 8])).toEqual([{ path: ['2'], message: 'must be string' }])
  })
})

describe('ids and references', () => {
  test.each<[string, Json]>([
    ['a place', { properties: { b: { $ref: '#/definitions/a' } }, definitions: { a: { type: 'null' } } }],
    [
      'a place of no keyword',
      { properties: { b: { $ref: '#/parts/0/a%20b~1' } }, parts: [{ 'a b/': { type: 'null' } }] },
    ],
    [
      'its own name',
      {
        $id: 'https://a.test/x.json',
        properties: { b: { $ref: 'x.json#/definitions/a' } },
        definitions: { a: { type: 'null' } },
      },
    ],
    ['an inner name', { properties: { b: { $ref: 'urn:a:b' } }, definitions: { a: { $id: 'urn:a:b', type: 'null' } } }],
    ['an anchor of draft-07', { properties: { b: { $ref: '#a' } }, definitions: { a: { $id: '#a', type: 'null' } } }],
    [
      'an anchor',
      { $schema: DRAFT_2020, properties: { b: { $ref: '#a' } }, $defs: { x: { $anchor: 'a', type: 'null' } } },
    ],
  ])('%s is found', (_what, schema) => {
    expect(issues(schema, { b: null })).toBeNull()
    expect(issues(schema, { b: 1 })).toEqual([{ path: ['b'], message: 'must be null' }])
  })

  test('schemas are isolated from each other', () => {
    const one = { $id: 'https://a.test/one', $defs: { x: { $id: 'https://a.test/x' } } }
    compileSchema(one, 'schema')
    compileSchema({ ...one, type: 'object' }, 'schema')
    const data = { $id: 'http://json-schema.org/draft-07/schema#', $ref: 'https://a.test/one', $async: true }
    const plain = { const: data, default: data, properties: { $id: { type: 'string' }, $ref: {} }, $async: true }
    expect(issues(plain, data)).toBeNull()
    expect(issues(plain, {})).toEqual([{ path: [], message: 'must be equal to constant' }])
  })

  test.each<[string, Json, string[], string]>([
    ['the name of a meta-schema', { $id: 'http://json-schema.org/draft-07/schema#' }, ['$id'], '$schema'],
    ['such a name within', { items: { $id: DRAFT_2020 } }, ['items', '$id'], 'meta-schema'],
    ['a name twice', { anyOf: [{ $id: 'urn:x' }, { $id: 'urn:x' }] }, ['anyOf', '1', '$id'], 'another'],
    ['a schema elsewhere', { items: { $ref: 'https://a.test/x' } }, ['items', '$ref'], '#/definitions/name'],
    ['a meta-schema', { $ref: `${DRAFT_2020}#` }, ['$ref'], 'not within this schema'],
    ['nothing', { properties: { a: { $ref: '#/definitions/b' } } }, ['properties', 'a', '$ref'], 'names no subschema'],
    ['no schema', { 'x-a': { type: 'thing' }, $ref: '#/x-a' }, ['x-a'], 'not a JSON Schema'],
    ['what depends', { $schema: DRAFT_2020, $recursiveRef: '#' }, ['$recursiveRef'], '$ref'],
    ['another dialect', { $schema: 'http://json-schema.org/draft-04/schema#' }, ['$schema'], 'draft-07'],
    [
      'a pattern without linear time',
      { properties: { a: { pattern: '(?=a)' } } },
      ['properties', 'a', 'pattern'],
      'lookahead',
    ],
    [
      'such a pattern for names',
      { patternProperties: { '(a)\\1': {} } },
      ['patternProperties', '(a)\\1'],
      'backreference',
    ],
    ['a type that is none', { properties: { a: { type: 'thing' } } }, [], 'properties/a/type'],
    ['itself', { allOf: [{ $ref: '#' }] }, [], 'within itself'],
    ['too many subschemas', { properties: Object.fromEntries(times(2_001, (i) => [i, {}])) }, [], '2000'],
    ['too many levels', times(101, () => 'not').reduce((inner: Json, not) => ({ [not]: inner }), {}), [], '100 levels'],
    ['too many characters', { title: 'x'.repeat(64 * 1024) }, [], '64 KiB'],
  ])('%s is refused', (_what, schema, path, why) => {
    let error: AppError | undefined
    try {
      compileSchema(schema, 'input.schema')
    } catch (thrown) {
      error = thrown as AppError
    }
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT', extensions: { path: ['input', 'schema', ...path] } })
    expect(error?.message).toContain(why)
  })
})

describe('accepted schemas validate any payload in bounded time', () => {
  test('the stack suffices for the maximum evaluation depth', () => {
    const chain = times(9, () => 'oneOf').reduce((inner: Json, keyword) => ({ [keyword]: [inner] }), {
      properties: { a: { $ref: '#' } },
      items: { $ref: '#' },
    })
    const check = compileSchema(chain, 'schema')
    expect(check(times(100, (i) => i % 2).reduce((inner: unknown, i) => (i ? [inner] : { a: inner }), 1))).toBeNull()
    expect(() => compileSchema({ oneOf: [{ oneOf: [{ oneOf: [chain] }] }] }, 'schema')).toThrow('within each other')
  })

  test.each<[string, Json, unknown, boolean]>([
    ['15,000 objects that differ', { uniqueItems: true }, times(15_000, (i) => ({ i, of: [i] })), true],
    ['23,000 numbers that hash alike', { uniqueItems: true }, times(23_000, (i) => i * 32_768), true],
    [
      'a union of constants',
      { items: { enum: times(5_000, (i) => ({ i })) } },
      times(20_000, () => ({ i: 4_999 })),
      true,
    ],
    [
      'many that are not contained',
      { contains: { anyOf: times(90, (i) => ({ const: i })) } },
      times(60_000, () => -1),
      false,
    ],
    ['an url that is all colons', { format: 'url' }, `http://${':'.repeat(200_000)}`, false],
    ['a pattern within a pattern', { pattern: '^(a+)+$' }, `${'a'.repeat(200_000)}!`, false],
    ['names', { patternProperties: { '^(a|aa)+$': false } }, { [`${'a'.repeat(200_000)}!`]: 1 }, true],
    ['a union on every item', { items: { anyOf: times(190, (i) => ({ const: i })) } }, times(80_000, () => 189), true],
  ])('%s', (_what, schema, payload, inOrder) => {
    expect(issues(schema, payload) === null).toBe(inOrder)
  })
})
