import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Pool } from 'undici'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { makeKey } from '../conformance/sockets.ts'
import { startTestApp, type TestApp, until } from '../harness.ts'
import { watchStatements } from '../statements.ts'
import { inJson, onSocket, TRANSPORTS, throughYoga } from '../transports.ts'
import { BAD_INPUT, LARGE, levels, type Operation, PUBLISH, TOO_COMPLEX, textOf, times } from './hostile-operations.ts'

let app: TestApp
let bearer: string
beforeAll(async () => {
  app = await startTestApp()
  bearer = (await makeKey(app)).key
})
afterAll(() => app?.stop())

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
