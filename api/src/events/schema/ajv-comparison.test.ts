import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AppError } from '../../kit/errors.ts'
import { compileSchema } from './compile.ts'
import type { Json } from './schema-problem.ts'

const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/schema'

test('validation agrees with Ajv', { timeout: 120_000 }, () => {
  const value = fc.constantFrom<unknown>(
    null,
    true,
    0,
    1,
    2.5,
    -3,
    '',
    'a',
    'ab',
    '2026-01-31',
    [],
    [1],
    [1, 1],
    {},
    { a: 1 },
    { b: [{}] },
  )
  const { payload } = fc.letrec<{ payload: unknown }>((tie) => ({
    payload: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      value,
      fc.array(fc.oneof(value, tie('payload')), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'ab', 'c'), tie('payload'), { maxKeys: 3, noNullPrototype: true }),
    ),
  }))
  const keywords = (dialect: string) =>
    fc.letrec<{ schema: Json | boolean }>((tie) => {
      const one = tie('schema')
      const list = fc.array(one, { minLength: 1, maxLength: 3 })
      const by = fc.dictionary(fc.constantFrom('a', 'b', '^a', 'b$'), one, { maxKeys: 2, noNullPrototype: true })
      const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'ab'), { maxLength: 2 })
      const some = (of: Record<string, fc.Arbitrary<unknown>>) =>
        fc.record(of, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<Json>
      const type = fc.constantFrom('string', 'number', 'integer', 'boolean', 'null', 'array', 'object')
      const small = fc.integer({ min: 0, max: 3 })
      const assertions = [
        some({ type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })) }),
        some({ enum: fc.uniqueArray(value, { minLength: 1, maxLength: 4 }), const: value }),
        some({
          minimum: small,
          maximum: small,
          exclusiveMinimum: small,
          exclusiveMaximum: small,
          multipleOf: fc.constantFrom(1, 2, 0.5),
        }),
        some({
          minLength: small,
          maxLength: small,
          pattern: fc.constantFrom('^a', 'b$', '.'),
          format: fc.constantFrom('date', 'uri', 'other'),
        }),
        some({ minItems: small, maxItems: small, uniqueItems: fc.boolean() }),
        some({ minProperties: small, maxProperties: small, required: names }),
      ]
      const applicators = [
        some({ $ref: fc.constantFrom('#/definitions/x', '#/definitions/y') }),
        some({ allOf: list, not: one }),
        some({ anyOf: list, oneOf: list }),
        // biome-ignore lint/suspicious/noThenProperty: it is the keyword
        some({ if: one, then: one, else: one }),
        some({ properties: by, patternProperties: by, additionalProperties: one }),
        // By itself: beside a list of schemas Ajv finds it in an empty array.
        some(dialect === 'draft-07' ? { contains: one } : { contains: one, minContains: small, maxContains: small }),
        some({ propertyNames: one, dependencies: fc.record({ a: one, b: names }, { requiredKeys: [] }) }),
        dialect === 'draft-07'
          ? some({ items: fc.oneof(one, list), additionalItems: one })
          : some({ prefixItems: list, items: one }),
        dialect === 'draft-07'
          ? some({ minContains: small, dependentRequired: fc.record({ a: names }) })
          : some({ dependentRequired: fc.record({ a: names }), dependentSchemas: fc.record({ b: one }) }),
      ]
      return {
        schema: fc.oneof(
          { maxDepth: 3, depthSize: 'small' },
          fc.oneof(...assertions),
          fc.oneof(fc.boolean(), ...assertions),
          ...applicators.map((applied) => fc.tuple(applied, fc.oneof(...assertions)).map(([a, b]) => ({ ...b, ...a }))),
        ),
      }
    }).schema

  for (const dialect of ['draft-07', '2020-12']) {
    const schema = keywords(dialect)
    const definitions = fc.record({
      x: fc.record({ properties: fc.record({ a: schema }), items: fc.constant({ $ref: '#' }) }),
      y: fc.record({ type: fc.constantFrom('object', 'array', 'string') }),
    })
    const said = dialect === 'draft-07' ? {} : { $schema: DRAFT_2020 }
    let compared = 0
    fc.assert(
      fc.property(
        schema,
        definitions,
        fc.array(payload, { minLength: 5, maxLength: 5 }),
        (root, definitions, payloads) => {
          if (typeof root === 'boolean') return
          const whole = { ...said, ...root, definitions }
          let check: ReturnType<typeof compileSchema>
          try {
            check = compileSchema(whole, 'schema')
          } catch (error) {
            // References to the root are too many, or have no end.
            expect((error as AppError).message).toMatch(/evaluates|combines/)
            return
          }
          const ajv = addFormats.default(
            new (dialect === 'draft-07' ? Ajv : Ajv2020)({
              strict: false,
              logger: false,
              meta: false,
              validateSchema: false,
            }),
          )
          const validate = ajv.compile(structuredClone(whole))
          for (const payload of payloads) {
            let valid: boolean
            try {
              valid = validate(payload)
            } catch (error) {
              // With 2020-12, the code that Ajv generates for `not` beside `allOf` within `if` can lack a variable.
              expect((error as Error).message).toMatch(/^props\d+ is not defined$/)
              return
            }
            compared++
            expect([payload, check(payload) === null]).toEqual([payload, valid])
          }
        },
      ),
      { numRuns: 400 },
    )
    expect(compared).toBeGreaterThan(1_000)
  }
})
