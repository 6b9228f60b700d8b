import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Role } from '../../../prisma/generated/client/enums.ts'
import { startTestApp, type TestApp } from '../../test/harness.ts'
import { schema } from '../schema.ts'

/** Ascending: each has the rights of the previous ones. */
const ROLES: readonly string[] = Object.values(Role)

interface RootField {
  operation: string
  field: GraphQLField<unknown, unknown>
}

const rootFields: RootField[] = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(
  (type) =>
    type ? Object.values(type.getFields()).map((field) => ({ operation: type.name.toLowerCase(), field })) : [],
)

/** The lowest role that a field requires; null if this test cannot read its rule. */
function leastRole({ extensions }: GraphQLField<unknown, unknown>): string | null {
  const options = extensions.pothosOptions as { authScopes?: unknown } | undefined
  const scopes = options?.authScopes
  if (typeof scopes !== 'object' || scopes === null) return null
  const [[scope, value] = ['', false], ...others] = Object.entries(scopes)
  const role = scope.toUpperCase()
  return value === true && others.length === 0 && ROLES.includes(role) ? role : null
}

test('every query, mutation and subscription states its required role', () => {
  expect(rootFields.length).toBeGreaterThan(30)
  const open = rootFields.filter(({ field }) => leastRole(field) === null)
  expect(open.map(({ operation, field }) => `${operation} ${field.name}`)).toEqual([])
})

test('a reading role changes nothing, and keys, tenants and retention require an ADMIN', () => {
  const least = new Map(rootFields.map(({ operation, field }) => [`${operation} ${field.name}`, leastRole(field)]))
  const mutations = rootFields.filter(({ operation }) => operation === 'mutation')
  const forReaders = mutations.filter(({ field }) => leastRole(field) === 'VIEWER')
  expect(forReaders.map(({ field }) => field.name)).toEqual([])
  for (const name of [
    'query apiKeys',
    'mutation createApiKey',
    'mutation revokeApiKey',
    'mutation createTenant',
    'mutation updateTenant',
    'mutation setTenantRetention',
    'mutation clearTenantRetention',
    'mutation setRetention',
    'mutation setLegalHold',
    'mutation restoreArchive',
  ])
    expect([name, least.get(name)]).toEqual([name, 'ADMIN'])
})

describe('each is refused for a lower role, before anything is read', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startTestApp()
  })
  afterAll(() => app.stop())

  test.each(rootFields.map(({ operation, field }) => [`${operation} ${field.name}`, { operation, field }] as const))(
    '%s',
    async (_name, { operation, field }) => {
      const required = leastRole(field) ?? ''
      const document = `${operation} { ${callOf(field)} }`
      const lesser = Object.values(Role).slice(0, ROLES.indexOf(required))
      const who = lesser.flatMap((role) => [null, 'tenant-a'].map((tenantId) => ({ role, tenantId })))
      const answers = await Promise.all(who.map((as) => app.gql<Record<string, unknown> | null>(document, {}, { as })))
      for (const { data, errors } of answers) {
        expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', requiredRole: required } }])
        expect(data?.[field.name] ?? null).toBeNull()
      }
    },
  )
})

/** A call with valid arguments; its result does not matter. */
function callOf(field: GraphQLField<unknown, unknown>): string {
  const args = field.args.filter(isRequiredArgument).map((arg) => `${arg.name}: ${literalOf(arg.type)}`)
  const call = args.length > 0 ? `${field.name}(${args.join(', ')})` : field.name
  return isLeafType(getNamedType(field.type)) ? call : `${call} { __typename }`
}

const SCALARS: Record<string, string> = {
  Int: '1',
  Float: '1.5',
  Boolean: 'true',
  DateTime: '"2030-01-01T00:00:00Z"',
  JSON: '{}',
}

function literalOf(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literalOf(type.ofType)
  if (isListType(type)) return `[${literalOf(type.ofType)}]`
  if (isEnumType(type)) return type.getValues()[0]?.name ?? ''
  if (!isInputObjectType(type)) return SCALARS[type.name] ?? '"x"'
  const fields = Object.values(type.getFields()).filter(isRequiredInputField)
  return `{ ${fields.map((field) => `${field.name}: ${literalOf(field.type)}`).join(', ')} }`
}
