import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  parse,
  validate,
} from 'graphql'
import { expect, test } from 'vitest'
import { EXAMPLES } from '../api/src/http/graphiql/examples.ts'
import { schema } from '../api/src/schema.ts'
import operations from '../web/server/registration-operations.json' with { type: 'json' }
import { printedSchema, SCHEMA_FILE } from './print-schema.ts'

const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
)

test('the committed schema matches the code (npm run generate)', () => {
  expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(printedSchema())
})

test('every element of the schema has a description', () => {
  expect(types.flatMap(undescribed)).toEqual([])
})

function undescribed(type: GraphQLNamedType): string[] {
  const places: [string, string | null | undefined][] = [[type.name, type.description]]
  if (isEnumType(type)) {
    for (const value of type.getValues()) places.push([`${type.name}.${value.name}`, value.description])
  }
  if (isInputObjectType(type)) {
    for (const field of Object.values(type.getFields())) places.push([`${type.name}.${field.name}`, field.description])
  }
  if (isObjectType(type) || isInterfaceType(type)) {
    for (const field of Object.values(type.getFields())) {
      places.push([`${type.name}.${field.name}`, field.description])
      for (const arg of field.args) places.push([`${type.name}.${field.name}(${arg.name}:)`, arg.description])
    }
  }
  return places.filter(([, description]) => !description?.trim()).map(([place]) => place)
}

test('every root field declares who may use it', () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const open = roots
    .flatMap((root) => Object.values(root?.getFields() ?? {}))
    .filter((field) => {
      const options = field.extensions.pothosOptions as { authScopes?: object } | undefined
      return !options?.authScopes || Object.keys(options.authScopes).length === 0
    })
  expect(open.map((field) => field.name)).toEqual([])
})

test('the operations of the web server are valid against the schema', () => {
  for (const text of Object.values(operations)) expect(validate(schema, parse(text))).toEqual([])
})

test('the GraphiQL examples are valid against the schema', () => {
  for (const { query } of EXAMPLES) expect(validate(schema, parse(query))).toEqual([])
})

// The contract lies beside the repository; a clone of the repository alone does not have it.
const CONTRACT_CHECK = join(import.meta.dirname, '../../shared/tools/contract-check.mjs')

test.runIf(existsSync(CONTRACT_CHECK))('the schema fulfils the contract', () => {
  const { stdout, stderr } = spawnSync(process.execPath, [CONTRACT_CHECK, SCHEMA_FILE], {
    cwd: join(import.meta.dirname, '..'),
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(stdout.split('\n').filter((line) => line.startsWith('wrong'))).toEqual([])
  expect(stdout).toMatch(/, 0 wrong; 0 types and fields without a description/)
})
