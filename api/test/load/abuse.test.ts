import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Pool } from 'undici'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { makeKey } from '../conformance/sockets.ts'
import { startTestApp, type TestApp, until } from '../harness.ts'
import { watchStatements } from '../statements.ts'
import { inJson, onSocket, TRANSPORTS, throughYoga } from '../transports.ts'

let app: TestApp
let bearer: string
beforeAll(async () => {
  app = await startTestApp()
  bearer = (await makeKey(app)).key
})
afterAll(() => app?.stop())

/** `variables` is JSON text, because a deeply nested value could not be converted to text again. */
interface Operation {
  query: string
  variables?: string
  operationName?: string
}
const textOf = ({ variables = '{}', ...operation }: Operation) =>
  `${JSON.stringify(operation).slice(0, -1)},"variables":${variables}}`

const times = (n: number, make: (i: number) => string, between = ' ') =>
  Array.from({ length: n }, (_, i) => make(i)).join(between)
const nested = (n: number, open: string, inner: string) => `${open.repeat(n)}${inner}${'}'.repeat(n)}`
const levels = (n: number) => `${'{"a":'.repeat(n)}1${'}'.repeat(n)}`
const PUBLISH = 'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }'
const LIST = 'query ($filter: DeliveryFilter) { deliveries(filter: $filter) { totalCount } }'
const LARGE = 'x'.repeat(1_900_000)
const unknown = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`unknown${i}`, i]))

/** Requests that are too expensive, and the limit that refuses each of them. */
const TOO_COMPLEX: Record<string, [limit: string, operation: Operation]> = {
  'a query 40 levels deep': ['depth', { query: `{ deliveries { nodes ${nested(38, '{ replayOf ', '{ id }')} } }` }],
  '1,000 aliases': ['tokens', { query: `{ ${times(1_000, (i) => `a${i}: __typename`)} }` }],
  '60 aliases': ['aliases', { query: `{ viewer { ${times(60, (i) => `a${i}: roles`)} } }` }],
  '10,000 tokens': ['tokens', { query: `{ ${'id '.repeat(10_000)} }` }],
  '15,000 comments': ['tokens', { query: `{ ${'#\n'.repeat(15_000)} __typename }` }],
  '100,000 comments': ['lines', { query: `{ ${'#\n'.repeat(100_000)} __typename }` }],
  'a mistake after a million empty lines': ['lines', { query: `{ viewer { ${'\n'.repeat(1_000_000)} unknown } }` }],
  'unused variables of an operation with a name of 1.9 MB': [
    'name',
    { query: `query ${'x'.repeat(1_900_000)} (${times(150, (i) => `$v${i}: Int`)}) { viewer { roles } }` },
  ],
  'an enum value of 1.9 MB': [
    'name',
    { query: `{ deliveries(filter: { statuses: [${'X'.repeat(1_900_000)}] }) { totalCount } }` },
  ],
  '21 root fields': ['rootFields', { query: `{ ${times(21, () => 'viewer { roles }')} }` }],
  'a field 101 times': ['breadth', { query: `{ viewer { ${'roles '.repeat(101)} } }` }],
  'more fields than any page shows': [
    'fields',
    { query: `{ deliveries { nodes { ${times(90, () => 'webhook { id name url kind state }')} } } }` },
  ],
  '51 directives': ['directives', { query: `{ viewer { ${times(51, () => 'roles @skip(if: false)')} } }` }],
  'introspection in a loop': [
    'introspection',
    { query: `{ __schema { types { ${times(3, () => 'fields { type {')} name ${'} }'.repeat(3)} } } }` },
  ],
  'a deep loop of introspection': [
    'depth',
    { query: `{ __schema { types { ${times(10, () => 'fields { type {')} name ${'} }'.repeat(10)} } } }` },
  ],
  'fragments that double 30 times': [
    'breadth',
    {
      query: `{ viewer { ...f0 } } ${times(30, (i) => `fragment f${i} on Viewer { ...f${i + 1} ...f${i + 1} }`)} fragment f30 on Viewer { roles }`,
    },
  ],
  'pages within pages': [
    'cost',
    { query: '{ events(first: 200) { nodes { deliveries(first: 200) { nodes { id attempts { id } } } } } }' },
  ],
  'pages that variables make large': [
    'cost',
    {
      query: 'query ($n: Int) { events(first: $n) { nodes { deliveries(first: $n) { nodes { id status } } } } }',
      variables: '{"n":200}',
    },
  ],
  'every payload many times': [
    'cost',
    { query: `{ events(first: 200) { nodes { ${times(10, (i) => `p${i}: payload`)} } } }` },
  ],
  'figures many times': [
    'cost',
    { query: `{ ${times(18, (i) => `s${i}: eventStats { total last24h timeline { count } }`)} }` },
  ],
  'a costly subscription': [
    'cost',
    {
      query: `subscription { deliveries { ${times(20, (i) => `a${i}: event { deliveries(first: 200) { nodes { id } } }`)} } }`,
    },
  ],
}

/** A subscription that is too expensive to be evaluated for every change. */
TOO_COMPLEX['figures many times with every change'] = [
  'liveCost',
  { query: `subscription { deliveryStats { ${times(20, (i) => `a${i}: timeline(buckets: ${i + 1}) { start }`)} } }` },
]

/** Requests that are invalid and also too expensive. */
const BAD_INPUT: Record<string, Operation> = {
  'a fragment within itself': {
    query: '{ viewer { ...a } } fragment a on Viewer { ...b } fragment b on Viewer { ...a }',
  },
  'nothing but unknown fields': { query: `{ viewer { ${times(90, (i) => `unknown${i}`)} } }` },
  'no end': { query: '{ viewer '.repeat(200) },
  '@defer': { query: '{ ... @defer { viewer { roles } } }' },
  '@stream': { query: '{ tenants @stream(initialCount: 1) { id } }' },
  'a payload 10,000 levels deep': {
    query: PUBLISH,
    variables: `{"input":{"type":"a","source":"b","payload":${levels(10_000)}}}`,
  },
  'a schema 10,000 levels deep': {
    query: 'mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { created } }',
    variables: `{"input":{"name":"deep.type","description":"x","schema":${levels(10_000)}}}`,
  },
  'variables that are 10,000 levels deep and not objects': { query: PUBLISH, variables: `{"input":${levels(10_000)}}` },
  'fragments that go round in many circles': {
    query: `{ viewer { ...f0 } } ${times(100, (i) => `fragment f${i} on Viewer { ...f${(i + 1) % 100} ...f${(i + 2) % 100} ...f${(i + 3) % 100} }`)}`,
  },
  'a text of 1.9 MB for a number': { query: `{ deliveries(first: "${LARGE}") { totalCount } }` },
  '60 unknown fields beside 1.9 MB': {
    query: PUBLISH,
    variables: JSON.stringify({ input: { type: 'a', source: 'b', subject: LARGE, ...unknown(60) } }),
  },
  'nothing that is required beside 1.9 MB': {
    query: `mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted } }`,
    variables: JSON.stringify({ input: [{ subject: LARGE }, ...Array.from({ length: 60 }, () => ({}))] }),
  },
  'names of 30 KB that no field has': {
    query: LIST,
    variables: JSON.stringify({
      filter: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${LARGE.slice(0, 30_000)}${i}`, 1])),
    }),
  },
  'a text of 1.9 MB for an enum': { query: LIST, variables: JSON.stringify({ filter: { statuses: [LARGE] } }) },
  'an object of 1.9 MB for a text': { query: LIST, variables: JSON.stringify({ filter: { search: { text: LARGE } } }) },
  'an operation that is not there, of a name of 1.9 MB': { query: LIST, operationName: LARGE },
  '20,000 ids': {
    query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    variables: JSON.stringify({ ids: Array.from({ length: 20_000 }, () => 'evt_01h455vb4pex5vsknk084sn02q') }),
  },
  '20,000 values in a filter': {
    query: LIST,
    variables: JSON.stringify({ filter: { eventTypes: Array.from({ length: 20_000 }, (_, i) => `type.${i}`) } }),
  },
  '20,000 wrong values': {
    query: LIST,
    variables: JSON.stringify({ filter: { statuses: Array.from({ length: 20_000 }, () => 'NO_STATUS') } }),
  },
  '20,000 events in one go': {
    query: 'mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted } }',
    variables: JSON.stringify({ input: Array.from({ length: 20_000 }, () => ({ type: 'a', source: 'b' })) }),
  },
}

test('error messages about input are short, regardless of its names', async () => {
  const headers = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`${LARGE.slice(0, 100_000)}${i}`, 1]))
  const input = { name: 'x', url: 'https://93.184.215.1/', eventTypes: [], headers }
  const { message, issues = [] } = await app.fails(
    'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { secret } }',
    { input },
  )
  expect(message).toHaveLength(300)
  expect(issues.length).toBeGreaterThan(0)
  expect(JSON.stringify(issues).length).toBeLessThan(50_000)
})

/** Without the memory that the process itself uses meanwhile. */
const isOfRows = (text: string) => /events|deliveries|webhooks|event_types/.test(text)

describe.each(Object.entries(TRANSPORTS))('%s', (name, transport) => {
  const send = (operation: Operation) => transport(app, bearer, textOf(operation))
  test.each(Object.entries(TOO_COMPLEX))('%s is refused before anything is read', async (_what, [limit, operation]) => {
    const statements = watchStatements(app.core.db)
    const { status, data, errors } = await send(operation)
    statements.stop()
    expect(errors).toHaveLength(1)
    const { code, max = 0, got = 0, ...extensions } = errors?.[0]?.extensions ?? { code: '' }
    expect([code, extensions]).toEqual(['QUERY_TOO_COMPLEX', { limit }])
    expect(got).toBeGreaterThan(max)
    expect(data).toBeUndefined()
    if (name !== 'on a socket') expect(status).toBe(400)
    expect(statements.texts.filter(isOfRows)).toEqual([])
  })

  test.each(Object.entries(BAD_INPUT))('%s is refused before anything is read', async (_what, operation) => {
    const statements = watchStatements(app.core.db)
    const { errors = [] } = await send(operation)
    statements.stop()
    expect(errors.length).toBeGreaterThan(0)
    expect(errors.length).toBeLessThanOrEqual(11)
    expect(errors.filter(({ extensions }) => extensions.code !== 'BAD_USER_INPUT')).toEqual([])
    expect(errors.filter(({ message }) => message.length > 300)).toEqual([])
    expect(JSON.stringify(errors).length).toBeLessThan(100_000)
    expect(statements.texts.filter(isOfRows)).toEqual([])
  })

  test('error messages about variables are short: path, received value and accepted values', async () => {
    const input = { type: 'a', source: ['b'], severity: LARGE, sourc: 1 }
    const { errors = [] } = await send({ query: PUBLISH, variables: JSON.stringify({ input }) })
    const shown = `"${'x'.repeat(39)}…"`
    expect(errors.map(({ message, extensions }) => [message, extensions])).toEqual([
      [
        `Variable "$input" got invalid value ${shown} at "input.severity"; Value "${'x'.repeat(43)}…${'x'.repeat(13)}" does not exist in "Severity" enum.`,
        { code: 'BAD_USER_INPUT', path: ['input', 'severity'] },
      ],
      [
        `Variable "$input" got invalid value ["b"] at "input.source"; String cannot represent a non string value: ["b"]`,
        { code: 'BAD_USER_INPUT', path: ['input', 'source'] },
      ],
      [
        `Variable "$input" got invalid value { type: "a", source: ["b"], severity: ${shown}, … }; Field "sourc" is not defined by type "PublishEventInput". Did you mean "source"?`,
        { code: 'BAD_USER_INPUT', path: ['input'] },
      ],
    ])
  })

  test('undeclared variables are ignored at any depth', async () => {
    const operation = { query: '{ viewer { roles } }', variables: `{"more":${levels(10_000)}}` }
    expect(await send(operation)).toMatchObject({ data: { viewer: { roles: ['ADMIN'] } } })
  })
})

test('a subscription does not retain undeclared variables', async () => {
  const operation = { query: 'subscription { deliveryStats { pending } }', variables: `{"more":${levels(10_000)}}` }
  expect(await onSocket(app, bearer, textOf(operation))).toEqual({ data: { deliveryStats: { pending: 0 } } })
})

test('a batch of fifty operations is refused', async () => {
  const batch = JSON.stringify(Array.from({ length: 50 }, () => ({ query: '{ viewer { roles } }' })))
  for (const transport of [inJson, throughYoga]) {
    const { status, data, errors } = await transport(app, bearer, batch)
    expect([status, data, errors?.[0]?.extensions.code]).toEqual([400, undefined, 'BAD_USER_INPUT'])
  }
})

describe('cross-site requests of a browser', () => {
  const publish = 'mutation { publishEvent(input: { type: "forged", source: "elsewhere" }) { event { id } } }'
  const forms: [string, RequestInit][] = [
    ['a form', { body: new URLSearchParams({ query: publish }) }],
    ['a form with files', { body: formData({ operations: JSON.stringify({ query: publish }) }) }],
    ['text', { body: JSON.stringify({ query: publish }), headers: { 'content-type': 'text/plain' } }],
    ['bytes of no type', { body: Buffer.from(JSON.stringify({ query: publish })) }],
  ]
  test.each(forms)('%s is not an operation, even with credentials', async (_what, init) => {
    const response = await app.http('/graphql', { method: 'POST', ...init }, { as: { bearer } })
    expect(response.status).toBe(415)
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', path: ['body'] } }],
    })
    expect(await app.sql("SELECT 1 FROM events WHERE type = 'forged'")).toEqual([])
  })

  test('a link carries no credentials, and a GET with credentials only reads', async () => {
    const open = (query: string, as: object | null) =>
      app.http(
        `/graphql?query=${encodeURIComponent(query)}`,
        { headers: { cookie: `authorization=${bearer}` } },
        { as: as as null },
      )
    expect((await open('{ viewer { roles } }', null)).status).toBe(401)
    expect((await open('{ viewer { roles } }', { bearer })).status).toBe(200)
    expect((await open(publish, { bearer })).status).toBe(405)
  })
})

function formData(fields: Record<string, string>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  return form
}

test('memory stays flat under all of these and under thousands of different documents', async () => {
  const pool = new Pool(app.url, { connections: 8 })
  let n = 0
  const send = async (body: string) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${bearer}` }
    const response = await pool.request({ path: '/graphql', method: 'POST', headers, body })
    await response.body.dump()
    return response.statusCode
  }
  /** Sends requests, eight at a time. All documents differ. */
  const hammer = async (bodies: ((n: number) => string)[], rounds: number) => {
    const statuses = new Map<number, number>()
    const work = Array.from({ length: rounds }, () => bodies)
      .flat()
      [Symbol.iterator]()
    const one = async () => {
      for (const body of work) {
        const status = await send(body(n++))
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: 8 }, one))
    return Object.fromEntries(statuses)
  }
  const differing = (operation: Operation) => (i: number) => textOf({ ...operation, query: `${operation.query}#${i}` })
  const small = (i: number) => textOf({ query: `{ viewer { of${i}: roles } }` })
  const large = (i: number) => textOf({ query: `{ viewer { ${times(45, (k) => `alias${k}of${i}: roles`)} } }` })
  const wrong = (i: number) => textOf({ query: `{ viewer { unknown${i} } }` })
  const broken = (i: number) => textOf({ query: `{ viewer { ${'roles '.repeat(90)}of${i} ` })
  const refused = Object.values(TOO_COMPLEX).map(([, operation]) => differing(operation))
  const beyond = () => ' '.repeat(2 * 1024 * 1024 + 1)

  // Vitest looks up every stack frame in source maps, which would take longer than everything else in this test.
  Error.stackTraceLimit = 0
  onTestFinished(() => {
    Error.stackTraceLimit = 10
  })
  // Sends more documents than fit into the cache.
  await hammer([large], 90)
  await hammer([...refused, wrong, broken], 5)
  const before = settledHeap()
  expect(await hammer([large], 150)).toEqual({ 200: 150 })
  expect(await hammer([small], 500)).toEqual({ 200: 500 })
  expect(await hammer([wrong, broken], 300)).toEqual({ 200: 600 })
  expect(await hammer(refused, 15)).toEqual({ 400: 15 * refused.length })
  expect(await hammer([beyond], 10)).toEqual({ 413: 10 })
  await until('no more in use than before, but for what other documents are kept', () => settledHeap() - before < 24e6)
  await pool.destroy()
}, 120_000)

/** The number of bytes in use after garbage collection. */
function settledHeap(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
