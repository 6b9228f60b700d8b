import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type As, startTestApp, type TestApp } from '../../../test/harness.ts'
import { ensureBuiltinTypes } from './builtin-types.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ expectErrors: true })
  await ensureBuiltinTypes(app.core.db)
})
afterAll(() => app.stop())

const REGISTER = `mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { eventType { version } } }`
const PUBLISH = 'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }'
const OPERATOR: As = { role: 'OPERATOR' }
const AGENT: As = { role: 'AGENT', tenantId: 'tenant-1' }

const register = (name: string, schema: object, example?: unknown) =>
  app.gql<object>(REGISTER, { input: { name, description: 'x', schema, example } }, { as: OPERATOR })
const publish = (type: string, payload: unknown, on = app) =>
  on.gql<object>(PUBLISH, { input: { type, source: 's', payload } }, { as: AGENT })
/** The result: null if it is accepted, or the code and the field. */
const outcome = async (answer: ReturnType<typeof register>) => {
  const { errors } = await answer
  return errors ? [errors[0]!.extensions.code, errors[0]!.extensions.path?.join('.')] : 'done'
}
const times = <Item>(n: number, make: (i: number) => Item) => Array.from({ length: n }, (_, i) => make(i))

/** Everything still works: no other type's schema was affected. */
async function expectAllWell(on = app) {
  expect(await outcome(publish('lead.created', { leadId: 'lead-1' }, on))).toBe('done')
  expect(await outcome(publish('lead.created', {}, on))).toEqual(['BAD_USER_INPUT', 'input.payload'])
  expect(await outcome(publish('not.declared', {}, on))).toBe('done')
  expect(await on.ok('{ eventTypes { name } }')).toMatchObject({ eventTypes: expect.any(Array) })
}

describe('a bad type does not affect other types', () => {
  test('a schema with the id of a meta-schema is refused without side effects', async () => {
    for (const id of ['http://json-schema.org/draft-07/schema#', 'https://json-schema.org/draft/2020-12/schema'])
      expect(await outcome(register('a.slip', { $id: id, type: 'object' }))).toEqual([
        'BAD_USER_INPUT',
        'input.schema.$id',
      ])
    await expectAllWell()
    expect(await outcome(register('a.slip', { type: 'object' }))).toBe('done')
  })

  test('two types may use the same subschema ids', async () => {
    const schema = (type: string) => ({ $id: 'https://a.test/type', items: { $id: 'https://a.test/item', type } })
    expect(await outcome(register('named.one', schema('string')))).toBe('done')
    expect(await outcome(register('named.two', schema('number')))).toBe('done')
    expect(await outcome(publish('named.one', ['x']))).toBe('done')
    expect(await outcome(publish('named.two', ['x']))).toEqual(['BAD_USER_INPUT', 'input.payload.0'])
    expect(await outcome(publish('named.two', [1]))).toBe('done')
    expect(await outcome(publish('named.one', [1]))).toEqual(['BAD_USER_INPUT', 'input.payload.0'])
  })

  test('unusable stored schemas are logged and accept every payload, also after a restart', async () => {
    const poison = {
      'old.poison': { $id: 'http://json-schema.org/draft-07/schema#', type: 'object' },
      'old.remote': { $ref: 'https://a.test/x' },
      'old.pattern': { pattern: '(?=a)' },
      'old.costly': { items: { anyOf: [{ $ref: '#' }, { $ref: '#' }] } },
      'old.none': { type: 'thing' },
      'old.text': 'no object at all',
    }
    for (const [name, schema] of Object.entries(poison))
      await app.sql(
        `INSERT INTO event_types (name, description, schema, updated_at) VALUES ($1, '', $2::jsonb, now())`,
        [name, JSON.stringify(schema)],
      )
    app.pipeline.catalogue.changed('old.poison')
    const next = await startTestApp({ beside: app, expectErrors: true })
    try {
      for (const on of [app, next]) {
        for (const type of Object.keys(poison)) expect(await outcome(publish(type, ['x'], on))).toBe('done')
        await expectAllWell(on)
        const said = on.logs.filter(({ msg }) => msg.includes('is not usable')).map(({ type }) => type)
        expect(said).toEqual(Object.keys(poison))
      }
    } finally {
      await next.stop()
    }
    expect(await outcome(register('old.poison', { type: 'object' }))).toBe('done')
    expect(await outcome(publish('old.poison', ['x']))).toEqual(['BAD_USER_INPUT', 'input.payload'])
  })
})

describe('registration refuses schemas that could freeze the process', () => {
  const doubling = Object.fromEntries(
    times(25, (i) => {
      const next = { $ref: `#/definitions/n${i + 1}` }
      return [`n${i}`, i < 24 ? { anyOf: [next, next] } : { type: 'string' }]
    }),
  )
  test.each<[string, object, unknown, string, string]>([
    [
      'two references to the next, 24 times',
      { $ref: '#/definitions/n0', definitions: doubling },
      1,
      'input.schema',
      'expected at most 200',
    ],
    ['each level twice', { items: { anyOf: [{ $ref: '#' }, { $ref: '#' }] } }, [[[[]]]], 'input.schema', '200'],
    ['itself', { $ref: '#' }, 1, 'input.schema', 'within itself'],
    ['a lookahead', { properties: { a: { pattern: '^(?!b)' } } }, {}, 'input.schema.properties.a.pattern', 'lookahead'],
    ['a backreference', { pattern: '(a)\\1' }, 'aa', 'input.schema.pattern', 'backreference'],
    ['a schema elsewhere', { items: { $ref: 'https://a.test/x' } }, [], 'input.schema.items.$ref', 'https://a.test/x'],
    [
      'too deep an example',
      {},
      times(101, () => 0).reduce((inner: unknown) => [inner], 1),
      'input.example',
      '100 levels',
    ],
  ])('%s', async (_what, schema, example, path, why) => {
    const { errors } = await register('too.much', schema, example)
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', path: path.split('.') } })
    expect(errors?.[0]?.message).toContain(why)
    expect(await app.ok('{ eventType(name: "too.much") { name } }')).toEqual({ eventType: null })
  })

  test('a union of fifty branches is accepted', async () => {
    const variant = (i: number) => ({
      type: 'object',
      required: ['kind', 'id'],
      properties: {
        kind: { const: `k${i}` },
        id: { type: 'string', pattern: '^evt_[0-9a-z]{26}$' },
        n: { type: 'number' },
      },
    })
    const definitions = Object.fromEntries(times(50, (i) => [`v${i}`, variant(i)]))
    const schema = { oneOf: times(50, (i) => ({ $ref: `#/definitions/v${i}` })), definitions }
    const payload = { kind: 'k49', id: 'evt_01h455vb4pex5vsknk084sn02q', n: 1 }
    expect(await outcome(register('of.fifty', schema, payload))).toBe('done')
    expect(await outcome(publish('of.fifty', payload))).toBe('done')
    const { errors } = await publish('of.fifty', { ...payload, n: 'x' })
    expect(errors?.[0]?.extensions.issues).toContainEqual({
      path: ['input', 'payload', 'n'],
      message: 'must be number (schema of of.fifty)',
    })
  })
})

describe('hostile payloads are checked in bounded time', () => {
  test.each<[string, object, unknown, unknown]>([
    ['15,000 objects that have to differ', { uniqueItems: true }, times(15_000, (i) => ({ n: i })), 'done'],
    [
      'and two that do not',
      { uniqueItems: true },
      [...times(14_000, (i) => ({ n: i, a: 1 })), { a: 1, n: 0 }],
      ['BAD_USER_INPUT', 'input.payload'],
    ],
    [
      'a text that a pattern would go back and forth in for years',
      { properties: { name: { pattern: '^(a+)+$' } } },
      { name: `${'a'.repeat(200_000)}!` },
      ['BAD_USER_INPUT', 'input.payload.name'],
    ],
    [
      'names of that kind',
      { patternProperties: { '^(a|a)*b$': {} }, additionalProperties: false },
      { ['a'.repeat(100_000)]: 1 },
      ['BAD_USER_INPUT', 'input.payload'],
    ],
    ['an address of colons', { format: 'url' }, `http://${':'.repeat(200_000)}`, ['BAD_USER_INPUT', 'input.payload']],
  ])('%s', async (what, schema, payload, expected) => {
    const name = `innocent.${what.length}`
    expect(await outcome(register(name, schema))).toBe('done')
    expect(await outcome(publish(name, payload))).toEqual(expected)
    await expectAllWell()
  })
})
