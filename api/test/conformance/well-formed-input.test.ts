import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../harness.ts'
import { TRANSPORTS } from '../transports.ts'
import { signedIn } from './sockets.ts'

/** Invalid Unicode, and input that contradicts its headers, are reported as the caller's error on every transport. */
let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(async () => {
  const [row] = await app.sql<{ n: number }>('SELECT count(*)::int AS n FROM events')
  await app.stop()
  expect(row?.n).toBe(0)
})

const PUBLISH = 'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { deduplicated } }'
const JSON_TYPE = { 'content-type': 'application/json' }

/** A body that has the byte 0xFF in place of the `?` in a text. */
const notUtf8 = (text: string) => new Uint8Array(Buffer.from(text.replace('?', '\u00ff'), 'latin1'))

describe('bytes that are not UTF-8', () => {
  const body = notUtf8(JSON.stringify({ query: PUBLISH, variables: { input: { type: 't', source: 'a?' } } }))

  test.each([
    ['JSON', 'application/json'],
    ["Yoga's own handling of HTTP", 'application/json;charset=utf-8'],
    ['an event stream', 'text/event-stream'],
  ])('are refused by /graphql, for %s', async (_way, accept) => {
    const response = await app.http('/graphql', { method: 'POST', body, headers: { ...JSON_TYPE, accept } })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      errors: [{ message: 'body: has bytes that are not UTF-8', extensions: { code: 'BAD_USER_INPUT' } }],
    })
  })

  test.each(['*/*', 'text/event-stream'])('are refused in the URL of a GET that accepts %s', async (accept) => {
    const query = encodeURIComponent('{ eventType(name: "a?") { name } }').replace('%3F', '%FF')
    const response = await app.http(`/graphql?query=${query}`, { headers: { accept } })
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { errors: [{ message: 'url: has bytes that are not UTF-8', extensions: { code: 'BAD_USER_INPUT' } }] },
    ])
  })

  test('close a WebSocket', async () => {
    const { socket, closed } = await signedIn(app)
    socket.send(notUtf8('{"type":"ping","payload":{"a":"?"}}'), { binary: false })
    expect((await closed).code).toBe(1007)
  })

  test('are refused by the sign-in for development', async () => {
    const init = { method: 'POST', body: notUtf8('{"role":"ADMIN","name":"?"}'), headers: JSON_TYPE }
    expect((await app.http('/auth/dev', init)).status).toBe(400)
  })

  test('are refused by /events', async () => {
    const headers = { ...JSON_TYPE, 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': 's', 'ce-type': 't' }
    expect((await app.http('/events', { method: 'POST', body: notUtf8('"?"'), headers })).status).toBe(400)
  })
})

describe('half a surrogate pair is refused in every string', () => {
  const INPUTS: [string, string, object, string[]][] = [
    [
      'an idempotency key',
      PUBLISH,
      { input: { type: 't', source: 's', idempotencyKey: 'a\ud800' } },
      ['input', 'idempotencyKey'],
    ],
    ['a type', PUBLISH, { input: { type: 'a\udc00', source: 's' } }, ['input', 'type']],
    [
      'an item of a batch',
      'mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted } }',
      {
        input: [
          { type: 't', source: 's' },
          { type: 't', source: 's', subject: '\ud83d' },
        ],
      },
      ['input', '1', 'subject'],
    ],
    ['an id', 'query ($id: ID!) { node(id: $id) { id } }', { id: 'evt_\ud800' }, ['id']],
    [
      'an item of a list',
      'query ($f: EventFilter) { events(filter: $f) { nodes { id } } }',
      { f: { sources: ['ok', '\ud800'] } },
      ['f', 'sources', '1'],
    ],
    [
      'a single value for a list',
      'query ($s: [String!]) { events(filter: { sources: $s }) { nodes { id } } }',
      { s: '\ud800' },
      ['s'],
    ],
    [
      'the name of a key',
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
      { input: { name: 'x\ud800', role: 'VIEWER' } },
      ['input', 'name'],
    ],
  ]
  const cases = INPUTS.flatMap(([what, ...rest]) =>
    Object.keys(TRANSPORTS).map((transport) => [what, transport, ...rest] as const),
  )

  test.each(cases)('%s, sent %s', async (_what, transport, query, variables, path) => {
    const [, ...names] = path
    const answer = await TRANSPORTS[transport]!(app, await bearer(), JSON.stringify({ query, variables }))
    expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', path } }])
    expect(answer.errors![0]!.message).toContain('has half a surrogate pair')
    expect(answer.errors![0]!.message).toContain(names.at(-1) ?? path[0])
  })

  test('in the sign-in for development', async () => {
    const init = { method: 'POST', body: '{"role":"ADMIN","name":"\\ud800"}', headers: JSON_TYPE }
    const response = await app.http('/auth/dev', init)
    expect([response.status, await response.json()]).toMatchObject([400, { path: ['name'] }])
  })
})

describe('malformed variables in a GET', () => {
  test.each([
    ['{', 'variables: is not JSON'],
    ['[1]', 'variables'],
    ['"text"', 'variables'],
    ['7', 'variables'],
  ])('%s is 400 BAD_USER_INPUT, whatever is accepted', async (variables, message) => {
    const url = `/graphql?query=${encodeURIComponent('{ __typename }')}&variables=${encodeURIComponent(variables)}`
    for (const accept of [
      '*/*',
      'application/json',
      'application/graphql-response+json',
      'image/png',
      'text/event-stream',
    ]) {
      const response = await app.http(url, { headers: { accept } })
      const text = await response.text()
      expect([accept, response.status, text]).toEqual([accept, 400, expect.stringContaining('BAD_USER_INPUT')])
      expect(text).toContain(message)
    }
  })

  test('so are extensions', async () => {
    const response = await app.http(`/graphql?query=${encodeURIComponent('{ __typename }')}&extensions={`)
    expect(response.status).toBe(400)
  })
})

let token: string | undefined
async function bearer(): Promise<string> {
  if (token) return token
  const init = { method: 'POST', body: '{"role":"ADMIN"}', headers: JSON_TYPE }
  token = ((await (await app.http('/auth/dev', init)).json()) as { token: string }).token
  return token
}

describe('a compressed body', () => {
  test.each(['/graphql', '/events', '/auth/dev'])('is 415 at %s with the accepted codings', async (path) => {
    for (const coding of ['gzip', 'deflate', 'br', 'identity, gzip']) {
      const response = await app.http(path, {
        method: 'POST',
        body: 'not even gzip',
        headers: { ...JSON_TYPE, 'content-encoding': coding },
      })
      expect([response.status, response.headers.get('accept-encoding')]).toEqual([415, 'identity'])
      const text = await response.text()
      expect(text).toContain('BAD_USER_INPUT')
      expect(text).toContain(`content-encoding: is ${coding}; expected an uncompressed body`)
    }
  })

  test('an uncompressed body is accepted', async () => {
    const init = {
      method: 'POST',
      body: '{"query":"{ __typename }"}',
      headers: { ...JSON_TYPE, 'content-encoding': 'identity' },
    }
    expect((await app.http('/graphql', init)).status).toBe(200)
  })
})

test('the Allow header of 405 lists each method once', async () => {
  const allow = await new Promise((resolve, reject) => {
    request(`${app.url}/graphql`, { method: 'PUT' }, (response) => resolve(response.resume().headers.allow))
      .on('error', reject)
      .end()
  })
  expect(allow).toBe('GET, POST')
})
