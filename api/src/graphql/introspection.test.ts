import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeKey } from '../../test/conformance/sockets.ts'
import { startTestApp, type TestApp } from '../../test/harness.ts'
import { TRANSPORTS } from '../../test/transports.ts'

const SCHEMA = '{ __schema { queryType { name } } }'
const browser = { headers: { accept: 'text/html' } }

describe('in production', () => {
  let app: TestApp
  let bearer: string
  beforeAll(async () => {
    app = await startTestApp({ env: { NODE_ENV: 'production', AUTH_MODE: 'keys' } })
    bearer = (await makeKey(app)).key
  })
  afterAll(() => app.stop())

  describe.each(Object.entries(TRANSPORTS))('%s', (_name, transport) => {
    const send = (query: string, variables = {}) => transport(app, bearer, JSON.stringify({ query, variables }))

    test('introspection is refused in every form', async () => {
      const asked = [
        SCHEMA,
        '{ viewer { roles } a: __type(name: "Query") { name } }',
        'query { ...f } fragment f on Query { __schema { types { name } } }',
      ]
      for (const query of asked) {
        const { data, errors } = await send(query)
        expect(data).toBeUndefined()
        expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
      }
      expect(await send('{ viewer { __typename } }')).toMatchObject({ data: { viewer: { __typename: 'Viewer' } } })
    })

    test('errors suggest no names', async () => {
      const guesses: [string, object?][] = [
        ['{ viewr { roles } }'],
        ['{ viewer { rolls } }'],
        ['{ eventType(nam: "x") { name } }'],
        ['{ events(filter: { severities: [WARNINGS] }) { totalCount } }'],
        ['query ($f: EventFilter) { events(filter: $f) { totalCount } }', { f: { severitys: ['INFO'] } }],
        ['subscription ($f: EventFilter) { events(filter: $f) { cursor } }', { f: { severitys: ['INFO'] } }],
      ]
      for (const [query, variables] of guesses) {
        const { errors = [] } = await send(query, variables)
        expect(errors.length, query).toBeGreaterThan(0)
        expect(JSON.stringify(errors)).not.toContain('Did you mean')
      }
    })
  })

  test('a message with 100,000 suggestions is processed in linear time', async () => {
    const query = `{ events(first: "${' Did you mean '.repeat(100_000)}?") { nodes { id } } }`
    expect(await app.fails(query, {}, { as: { bearer } })).toMatchObject({ code: 'BAD_USER_INPUT' })
  })

  test('GraphiQL is disabled', async () => {
    expect((await app.http('/graphql', browser, { as: null })).status).toBe(401)
  })
})

test('INTROSPECTION and GRAPHIQL enable them independently', async () => {
  const env = { NODE_ENV: 'production', AUTH_MODE: 'keys', INTROSPECTION: 'true' }
  const tools = await startTestApp({ env: { ...env, GRAPHIQL: 'false' } })
  expect(await tools.ok(SCHEMA)).toEqual({ __schema: { queryType: { name: 'Query' } } })
  expect((await tools.http('/graphql', browser, { as: null })).status).toBe(401)
  await tools.stop()
  const page = await startTestApp({ env })
  expect(await (await page.http('/graphql', browser, { as: null })).text()).toContain('GraphiQL')
  await page.stop()
})

test('elsewhere both are enabled, and errors suggest names unless INTROSPECTION is off', async () => {
  const open = await startTestApp()
  expect(await open.ok(SCHEMA)).toEqual({ __schema: { queryType: { name: 'Query' } } })
  expect((await open.fails('{ viewr { roles } }')).message).toContain('Did you mean "viewer"?')
  expect((await open.http('/graphql', browser, { as: null })).status).toBe(200)
  await open.stop()
  const closed = await startTestApp({ env: { INTROSPECTION: 'false' } })
  expect((await closed.fails(SCHEMA)).code).toBe('BAD_USER_INPUT')
  expect((await closed.http('/graphql', browser, { as: null })).status).toBe(401)
  await closed.stop()
})
