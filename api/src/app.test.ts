import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../test/harness.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ expectErrors: true })
})
afterAll(() => app.stop())

const get = (path: string, as: Parameters<TestApp['http']>[2] = { as: null }) => app.http(path, {}, as)

describe('public routes', () => {
  test('/ping and /health report that the process is up', async () => {
    expect(await (await get('/ping')).json()).toEqual({ status: 'ok' })
    expect(await (await get('/health')).json()).toEqual({
      status: 'ok',
      service: 'aetherlink-api',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      uptimeSeconds: expect.any(Number),
    })
    const head = await app.http('/ping', { method: 'HEAD' }, { as: null })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  test('/ready reports whether requests can be served, and the state of the servers to callers with a key', async () => {
    for (const as of [null, { bearer: 'alk_nobody-knows-this-key' }, { bearer: 'not.a.token' }]) {
      const response = await get('/ready', { as })
      expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
    }
    const component = { status: 'ok', latencyMs: expect.any(Number) }
    const response = await get('/ready', { as: { role: 'VIEWER' } })
    expect([response.status, await response.json()]).toEqual([
      200,
      { status: 'ok', components: { postgres: component, redis: component } },
    ])
  })

  test('GraphiQL is served completely, and in dev mode with a valid token', async () => {
    const page = await (await app.http('/graphql', {}, { as: null, headers: { accept: 'text/html' } })).text()
    expect(page.match(/(?:src|href)="https?:[^"]*/g)).toBeNull()
    expect(page).toContain('publishEvent')
    // GraphiQL writes its state into the address, and that address must load the page again.
    const again = await app.http('/graphql?query=%7B', {}, { as: null, headers: { accept: 'text/html' } })
    expect(again.headers.get('content-type')).toMatch('text/html')
    const bearer = /"Authorization":"Bearer ([\w.-]+)"/.exec(page)?.[1] ?? ''
    expect(await app.ok('{ viewer { roles actor { name } } }', {}, { as: { bearer } })).toEqual({
      viewer: { roles: ['ADMIN'], actor: { name: 'GraphiQL' } },
    })
  })
})

describe('every other route requires an identity', () => {
  test.each(['/metrics', '/graphql?query={__typename}'])('%s answers 401 without one', async (path) => {
    for (const as of [null, { bearer: 'alk_nobody-knows-this-key' }, { bearer: 'not.a.token' }]) {
      const response = await get(path, { as })
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
    }
  })

  test('GraphQL returns a coded error', async () => {
    const claims = { 'x-user-roles': 'ADMIN', 'x-tenant-id': 'tenant-acme' }
    const { status, errors } = await app.gql('{ viewer { roles } }', {}, { as: null, headers: claims })
    expect(status).toBe(401)
    expect(errors).toEqual([{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } }])
  })

  test('/metrics counts responses', async () => {
    await get('/ping')
    const text = await (await get('/metrics', { as: { role: 'VIEWER' } })).text()
    expect(text).toMatch(/aetherlink_http_requests_total\{route="\/ping",status="200"\} [1-9]/)
    expect(text).toMatch(/aetherlink_http_request_seconds_count\{route="\/ping"\} [1-9]/)
    expect((await get('/metrics', { as: { role: 'ADMIN', tenantId: 'tenant-acme' } })).status).toBe(403)
  })
})

test('responses are not cached or sniffed', async () => {
  for (const path of ['/ready', '/metrics', '/graphql?query={__typename}', '/exports/audit', '/nothing', '/ping']) {
    const { headers } = await get(path, { as: { role: 'ADMIN' }, headers: { accept: 'application/json' } })
    expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff'])
    if (!['/nothing', '/ping'].includes(path)) expect([path, headers.get('cache-control')]).toEqual([path, 'no-store'])
    for (const [name] of headers) expect(name).not.toMatch(/^access-control-/)
  }
})

describe('dev sign-in', () => {
  const signIn = (body: unknown, headers: Record<string, string> = {}) =>
    app.http('/auth/dev', {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    })

  test('creates a token for a role and a tenant', async () => {
    const response = await signIn({ role: 'OPERATOR', tenantId: 'tenant-acme', name: 'Ada' })
    const { token, expiresAt } = (await response.json()) as { token: string; expiresAt: string }
    const hours = (Date.parse(expiresAt) - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(11.9)
    expect(hours).toBeLessThanOrEqual(12)
    const query = '{ viewer { actor { kind id name } roles tenantId } }'
    expect(await app.ok(query, {}, { as: { bearer: token } })).toEqual({
      viewer: {
        actor: { kind: 'USER', id: 'dev:operator', name: 'Ada' },
        roles: ['OPERATOR'],
        tenantId: 'tenant-acme',
      },
    })
    const tampered = `${token.slice(0, -3)}${token.endsWith('AAA') ? 'BBB' : 'AAA'}`
    expect((await app.gql(query, {}, { as: { bearer: tampered } })).status).toBe(401)
  })

  test('refuses an invalid role or tenant by name', async () => {
    const response = await signIn({ role: 'ROOT', tenantId: 'Not A Tenant' })
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toMatch('application/problem+json')
    expect(await response.json()).toMatchObject({
      status: 400,
      code: 'BAD_USER_INPUT',
      path: ['role'],
      issues: [{ path: ['role'] }, { path: ['tenantId'] }],
    })
  })

  test('does not exist under a host name that others could own', async () => {
    const { port } = new URL(app.url)
    const request = httpRequest({
      port,
      host: '127.0.0.1',
      path: '/auth/dev',
      method: 'POST',
      headers: { host: 'evil.example' },
    })
    request.end('{}')
    const [response] = await once(request, 'response')
    response.resume()
    expect(response.statusCode).toBe(403)
  })
})

describe('requests', () => {
  test('have an id: a valid one of the caller, else a new one', async () => {
    const id = async (given?: string) =>
      (await app.http('/ping', { headers: given ? { 'x-request-id': given } : {} })).headers.get('x-request-id')
    expect(await id('abc-123.x')).toBe('abc-123.x')
    expect(await id()).toMatch(/^[\da-f-]{36}$/)
    expect(await id('has a space')).toMatch(/^[\da-f-]{36}$/)
    expect(await id('x'.repeat(129))).toMatch(/^[\da-f-]{36}$/)
  })

  test('to unknown routes are refused', async () => {
    expect((await get('/nothing')).status).toBe(404)
    const wrongMethod = await app.http('/ping', { method: 'DELETE' })
    expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'GET'])
  })

  test.each(['announced', 'chunked'])('with a body over 2 MiB are refused (%s)', async (how) => {
    const { hostname, port } = new URL(app.url)
    const body = Buffer.alloc(2 * 1024 * 1024 + 1, 0x20)
    const request = httpRequest({
      hostname,
      port,
      path: '/graphql',
      method: 'POST',
      headers: {
        authorization: `Bearer ${await devToken()}`,
        'content-type': 'application/json',
        ...(how === 'announced' && { 'content-length': body.length }),
      },
    })
    request.on('error', () => undefined)
    request.end(body)
    const [response] = await once(request, 'response')
    expect(response.statusCode).toBe(413)
    let text = ''
    for await (const chunk of response) text += chunk
    expect(JSON.parse(text).errors[0].extensions.code).toBe('PAYLOAD_TOO_LARGE')
  })

  test('that are not HTTP do not disturb others', async () => {
    const { hostname, port } = new URL(app.url)
    const socket = connect(Number(port), hostname)
    socket.resume()
    socket.write('\u0016\u0003\u0001 garbage\r\n\r\n')
    await once(socket, 'close')
    expect((await get('/ping')).status).toBe(200)
  })
})

const devToken = async () => {
  const response = await app.http('/auth/dev', {
    method: 'POST',
    body: '{"role":"ADMIN"}',
    headers: { 'content-type': 'application/json' },
  })
  return ((await response.json()) as { token: string }).token
}

describe('the short path of a GraphQL request and the long one', () => {
  /** The same operation with an Accept that only Yoga's own handling supports. */
  const both = async (body: unknown, accept: string) => {
    const send = async (given: string) => {
      const headers = { 'content-type': 'application/json', accept: given }
      const response = await app.http('/graphql', { method: 'POST', body: JSON.stringify(body), headers })
      const text = await response.text()
      return { status: response.status, type: response.headers.get('content-type'), body: text && JSON.parse(text) }
    }
    return [await send(accept), await send(`${accept};charset=utf-8`)]
  }

  const operations: [string, unknown][] = [
    ['a query', { query: '{ viewer { roles } }' }],
    ['an operation by name', { query: 'query A { __typename } query B { viewer { roles } }', operationName: 'B' }],
    ['no operation of that name', { query: 'query A { __typename }', operationName: 'C' }],
    ['a syntax error', { query: '{ viewer' }],
    ['an unknown field', { query: '{ nothing }' }],
    [
      'a variable of the wrong type',
      { query: 'query ($n: Int) { events(first: $n) { nodes { id } } }', variables: { n: 'x' } },
    ],
    ['an argument out of bounds', { query: '{ events(first: 0) { nodes { id } } }' }],
    ['an id that is none', { query: '{ node(id: "evt_x") { id } }' }],
    ['no query', { variables: {} }],
    ['a query that is none', { query: 5 }],
    ['an unknown parameter', { query: '{ __typename }', more: true }],
  ]
  test.each(operations)('answer %s alike', async (_what, body) => {
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const [short, long] = await both(body, accept)
      expect(short).toEqual(long)
    }
  })

  test.each(['5', '[{"query":"{ __typename }"}]', 'null', '"{ __typename }"'])(
    'a body %s is no operation',
    async (body) => {
      for (const accept of ['*/*', 'application/json;charset=utf-8']) {
        const headers = { 'content-type': 'application/json', accept }
        const response = await app.http('/graphql', { method: 'POST', body, headers })
        expect(response.status).toBe(400)
        expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
      }
    },
  )

  test('a body that is not JSON is refused without being repeated', async () => {
    const headers = { 'content-type': 'application/json' }
    const response = await app.http('/graphql', { method: 'POST', body: `{"query": ${'x'.repeat(5_000)}`, headers })
    const text = await response.text()
    expect(response.status).toBe(400)
    expect(text.length).toBeLessThan(500)
    expect(JSON.parse(text).errors[0].extensions).toEqual({ code: 'BAD_USER_INPUT', path: ['body'] })
  })

  test('a query may use GET, a mutation may not', async () => {
    const by = (query: string) => app.http(`/graphql?query=${encodeURIComponent(query)}`)
    expect(await (await by('{ __typename }')).json()).toEqual({ data: { __typename: 'Query' } })
    expect((await by('mutation { deprecateEventType(name: "x") { eventType { name } } }')).status).toBe(405)
  })
})

describe('errors', () => {
  test('of a missing role name the role', async () => {
    const mutation = 'mutation { deprecateEventType(name: "x") { eventType { name } } }'
    expect(await app.fails(mutation, {}, { as: { role: 'AGENT' } })).toMatchObject({
      code: 'FORBIDDEN',
      message: 'deprecateEventType requires the role OPERATOR; this identity has AGENT',
    })
  })

  test('of variables contain their position', async () => {
    const mutation = 'mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted } }'
    const input = [
      { type: 'a', source: 'b' },
      { type: 'a', source: 'b', occurredAt: '2026-02-30T00:00:00Z' },
    ]
    expect(await app.fails(mutation, { input })).toMatchObject({
      code: 'BAD_USER_INPUT',
      path: ['input', '1', 'occurredAt'],
    })
  })

  test('that are bugs are masked, and the log has them under the id of the request', async () => {
    await app.sql('ALTER TABLE tenants RENAME TO tenants_away')
    const { errors, headers } = await app.gql('{ tenants { id } }')
    await app.sql('ALTER TABLE tenants_away RENAME TO tenants')
    const requestId = headers.get('x-request-id')
    expect(errors).toMatchObject([
      { message: 'Unexpected error.', path: ['tenants'], extensions: { code: 'INTERNAL', requestId } },
    ])
    expect(JSON.stringify(errors)).not.toContain('tenants_away')
    const logged = app.logs.filter((entry) => entry.requestId === requestId)
    expect(logged).toHaveLength(1)
    expect(JSON.stringify(logged)).toContain('tenants')
  })
})
