import type { Formats } from './formats.ts'
import type { Identities } from './identity.ts'
import { multipleOf } from './multiple-of.ts'
import type { Patterns } from './patterns.ts'
import type { Dialect, Json } from './schema-problem.ts'

/** Checks one keyword that applies to a value itself and has no subschemas. */
export interface Assertion {
  holds(value: never): boolean
  message: string | ((value: never) => string)
}

/** The assertions of a subschema, grouped by the type of value to which they apply. */
export interface Assertions {
  /** Bits of KINDS for the accepted types; 0 if all are accepted. */
  types: number
  typeMessage: string
  any: Assertion[]
  number: Assertion[]
  string: Assertion[]
  array: Assertion[]
  object: Assertion[]
}

export const KINDS = { string: 1, number: 2, integer: 4, boolean: 8, null: 16, array: 32, object: 64 } as const

/** The bits of KINDS for a value; 0 if JSON cannot represent the value. */
export function kindOf(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return KINDS.string
    case 'number':
      if (Number.isInteger(value)) return KINDS.number | KINDS.integer
      return Number.isFinite(value) ? KINDS.number : 0
    case 'boolean':
      return KINDS.boolean
    case 'object':
      if (value === null) return KINDS.null
      return Array.isArray(value) ? KINDS.array : KINDS.object
    default:
      return 0
  }
}

type Make = (asked: never) => Assertion

const assertion = <Value>(holds: (value: Value) => boolean, message: Assertion['message']): Assertion => ({
  holds: holds as Assertion['holds'],
  message,
})
const number = (message: string, holds: (value: number, asked: number) => boolean) => (asked: number) =>
  assertion<number>((value) => holds(value, asked), `must be ${message} ${asked}`)
const atLeast = (what: string, count: (value: never) => number) => (asked: number) =>
  assertion<never>((value) => count(value) >= asked, `must NOT have fewer than ${asked} ${what}`)
const atMost = (what: string, count: (value: never) => number) => (asked: number) =>
  assertion<never>((value) => count(value) <= asked, `must NOT have more than ${asked} ${what}`)

const NUMBER: Record<string, Make> = {
  minimum: number('>=', (value, asked) => value >= asked),
  maximum: number('<=', (value, asked) => value <= asked),
  exclusiveMinimum: number('>', (value, asked) => value > asked),
  exclusiveMaximum: number('<', (value, asked) => value < asked),
  multipleOf: (asked: number) => assertion<number>(multipleOf(asked), `must be multiple of ${asked}`),
}
const STRING: Record<string, Make> = {
  minLength: atLeast('characters', codePoints),
  maxLength: atMost('characters', codePoints),
}
const lengthOf = (items: unknown[]) => items.length
const ARRAY: Record<string, Make> = { minItems: atLeast('items', lengthOf), maxItems: atMost('items', lengthOf) }
const sizeOf = (value: object) => Object.keys(value).length
const OBJECT: Record<string, Make> = {
  minProperties: atLeast('properties', sizeOf),
  maxProperties: atMost('properties', sizeOf),
  required: (names: string[]) =>
    assertion<object>(
      (value) => names.every((name) => has(value, name)),
      (value: object) => `must have required property '${names.find((name) => !has(value, name))}'`,
    ),
  dependencies: required,
}
const OBJECT_2020 = { ...OBJECT, dependentRequired: required }

/**
 * Checks `dependentRequired`. The loop runs over the properties of the value, because the schema may list many more
 * names.
 */
function required(asked: Json): Assertion {
  const names = new Map(Object.entries(asked).filter((entry): entry is [string, string[]] => Array.isArray(entry[1])))
  const missing = (value: object) => {
    for (const key in value)
      for (const name of (has(value, key) && names.get(key)) || []) if (!has(value, name)) return [key, name] as const
    return null
  }
  return assertion<object>(
    (value) => missing(value) === null,
    (value: object) => {
      const [key = '', name = ''] = missing(value) ?? []
      return `must have property ${name} when property ${key} is present`
    },
  )
}

export interface Tools {
  patterns: Patterns
  identities: Identities
  formats: Formats
}

/** Compiles the assertions of a schema. The schema must be valid against its meta-schema. Throws PatternProblem. */
export function assertionsOf(schema: Json, tools: Tools, dialect: Dialect): Assertions {
  const makeAll = (makers: Record<string, Make>) =>
    Object.keys(schema).flatMap((keyword) =>
      Object.hasOwn(makers, keyword) ? [makers[keyword]!(schema[keyword] as never)] : [],
    )
  const assertions = {
    any: equal(schema, tools),
    number: makeAll(NUMBER),
    string: makeAll(STRING),
    array: makeAll(ARRAY),
    object: makeAll(dialect === '2020-12' ? OBJECT_2020 : OBJECT),
  }
  if (typeof schema.pattern === 'string') {
    const pattern = tools.patterns.of(schema.pattern)
    assertions.string.push(assertion<string>((text) => pattern.test(text), `must match pattern "${pattern.source}"`))
  }
  const format = typeof schema.format === 'string' ? tools.formats.get(schema.format) : undefined
  if (format) assertions[format.type].push(assertion(format.holds, `must match format "${schema.format}"`))
  if (schema.uniqueItems === true) assertions.array.push(unique(tools.identities))
  const names = schema.type === undefined ? [] : [schema.type].flat()
  const types = schema.nullable === true && names.length > 0 ? [...names, 'null'] : names
  return {
    types: types.reduce((bits: number, type) => bits | KINDS[type as keyof typeof KINDS], 0),
    typeMessage: `must be ${names.join()}`,
    ...assertions,
  }
}

function equal(schema: Json, { identities }: Tools): Assertion[] {
  const oneOf = (values: unknown[], message: string) => {
    const simple = new Set(values.filter((value) => !isObject(value)))
    const tokens = new Set(values.filter(isObject).map((value) => identities.constant(value)))
    return assertion<unknown>(
      (value) => simple.has(value) || (tokens.size > 0 && isObject(value) && tokens.has(identities.token(value))),
      message,
    )
  }
  const assertions: Assertion[] = []
  if (schema.const !== undefined) assertions.push(oneOf([schema.const], 'must be equal to constant'))
  if (Array.isArray(schema.enum)) assertions.push(oneOf(schema.enum, 'must be equal to one of the allowed values'))
  return assertions
}

const unique = (identities: Identities) =>
  assertion<unknown[]>(
    (items) => items.length < 2 || new Set(items.map((item) => identities.token(item))).size === items.length,
    (items: unknown[]) => {
      const places = new Map<string, number>()
      for (const [j, item] of items.entries()) {
        const i = places.get(identities.token(item))
        if (i !== undefined) return `must NOT have duplicate items (items ## ${i} and ${j} are identical)`
        places.set(identities.token(item), j)
      }
      return 'must NOT have duplicate items'
    },
  )

const isObject = (value: unknown) => typeof value === 'object' && value !== null

/** Checks own properties only. Inherited properties such as `constructor` do not count. */
export const has = (value: object, name: string) => (value as Json)[name] !== undefined && Object.hasOwn(value, name)

function codePoints(text: string): number {
  let pairs = 0
  for (let i = 0; i + 1 < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0xd800 || code > 0xdbff) continue
    const next = text.charCodeAt(i + 1)
    if (next >= 0xdc00 && next <= 0xdfff) {
      pairs++
      i++
    }
  }
  return text.length - pairs
}
