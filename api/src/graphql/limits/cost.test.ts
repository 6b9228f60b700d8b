import {
  type DocumentNode,
  type GraphQLField,
  type GraphQLNamedType,
  getIntrospectionQuery,
  getNamedType,
  getOperationAST,
  isCompositeType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  parse,
  print,
  validate,
} from 'graphql'
import { expect, test } from 'vitest'
import * as generated from '../../../../codegen/gql/graphql.ts'
import { parseEnv } from '../../env.ts'
import { EXAMPLES } from '../../http/graphiql/examples.ts'
import { schema } from '../../schema.ts'
import { costOf, operationCost } from './cost.ts'
import { boundedParse } from './documents.ts'
import { limitsOf } from './plugin.ts'
import { outOfShape } from './shape.ts'

const limits = limitsOf(parseEnv({ DATABASE_URL: 'postgres://x', REDIS_URL: 'redis://x', SECRET_KEY: key() }))

function key() {
  return Buffer.alloc(32).toString('base64')
}

const cost = (text: string, variables: Record<string, unknown> = {}) => {
  const document = parse(text)
  expect(validate(schema, document)).toEqual([])
  return operationCost(schema, document, getOperationAST(document)!, variables)
}

test('page sizes multiply, from arguments or variables; the resolver refuses larger ones', () => {
  const nodes = '{ nodes { id } pageInfo { endCursor } }'
  expect(cost(`{ events(first: 10) ${nodes} }`)).toBe(14)
  expect(cost(`{ events(last: 10) ${nodes} }`)).toBe(14)
  expect(cost(`{ events ${nodes} }`)).toBe(54)
  expect(cost(`{ events(first: null, last: 5000) ${nodes} }`)).toBe(204)
  expect(cost(`{ events(first: 10) { edges { cursor node { deliveries(first: 20) { nodes { id } } } } } }`)).toBe(242)
  const paged = `query ($first: Int = 20, $last: Int) { events(first: $first, last: $last) ${nodes} }`
  expect(cost(paged)).toBe(24)
  expect(cost(paged, { first: 7 })).toBe(11)
  expect(cost(paged, { first: null, last: 8 })).toBe(12)
  expect(cost(paged, { first: -5 })).toBe(4)
  expect(cost(paged, { first: 'many' })).toBe(5)
})

test('lists of ids count, and fragments count at each spread', () => {
  const nodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id ...Twice ...Twice } } fragment Twice on Event { source }'
  expect(cost(nodes, { ids: ['evt_1', 'evt_2'] })).toBe(7)
  expect(cost('{ nodes(ids: ["evt_1", "evt_2", "evt_3"]) { id } }')).toBe(4)
  expect(cost('{ eventStats { timeline(buckets: 100) { count } byType { name } } }')).toBe(2_111)
  expect(cost('{ node(id: "evt_1") { ... on Event { payload } } }')).toBe(101)
})

test('every list of objects declares its size', () => {
  const silent = Object.values(schema.getTypeMap())
    .filter((type: GraphQLNamedType) => isObjectType(type) && !isIntrospectionType(type))
    .flatMap((type) => Object.values(isObjectType(type) ? type.getFields() : {}).map((field) => ({ type, field })))
    .filter(({ field }) => isListOfObjects(field) && costOf(field)?.rows === undefined)
  expect(silent.map(({ type, field }) => `${type.name}.${field.name}`)).toEqual([])
})

const isListOfObjects = ({ type }: GraphQLField<unknown, unknown>) =>
  isListType(isNonNullType(type) ? type.ofType : type) && isCompositeType(getNamedType(type))

/** Half of each limit, so that documents may grow. */
const AMPLE = Object.fromEntries(Object.entries(limits).map(([name, max]) => [name, max / 2])) as typeof limits

const isDocument = (value: unknown): value is DocumentNode =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === Kind.DOCUMENT

test.each([
  ...Object.entries(generated).flatMap(([name, value]) => (isDocument(value) ? [[name, print(value)] as const] : [])),
  ...EXAMPLES.map(({ query }) => [/\w+ \w+/.exec(query.replace(/^#.*$/gm, ''))?.[0] ?? '', query] as const),
])('%s of the web, of the end-to-end tests or of GraphiQL is well within the limits', (_name, text) => {
  const document = boundedParse(AMPLE.tokens)(text)
  expect(outOfShape(document, AMPLE)).toBeNull()
  const operation = getOperationAST(document)
  if (!operation) return
  // Twice the page that the web requests.
  const largest = Object.fromEntries(operation.variableDefinitions!.map(({ variable }) => [variable.name.value, 100]))
  const most = operation.operation === 'subscription' ? AMPLE.liveCost : AMPLE.cost
  expect(operationCost(schema, document, operation, largest)).toBeLessThan(most)
})

test('the introspection queries of common tools pass', () => {
  const text = getIntrospectionQuery({
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  })
  const document = boundedParse(limits.tokens)(text)
  expect(outOfShape(document, limits)).toBeNull()
  expect(operationCost(schema, document, getOperationAST(document)!, {})).toBeLessThan(AMPLE.cost)
})
