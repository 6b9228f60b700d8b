import { type Client, createClient, NetworkError, type RequestParams } from 'graphql-sse'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestClock, startTestApp, type TestApp, until } from '../harness.ts'
import { EVENTS, makeKey, newSource, publish as publishTo } from './sockets.ts'

/**
 * Conformance to GraphQL over server-sent events with distinct connections (graphql-sse, PROTOCOL.md), tested with the
 * protocol's own client.
 */

const clock = createTestClock()
let app: TestApp
let key: { id: string; key: string }
beforeAll(async () => {
  app = await startTestApp({ clock, env: { AUTH_RECHECK_MS: '50' } })
  key = await makeKey(app)
})
afterAll(() => app.stop())

const publish = (source: string, type: string) => publishTo(app, source, type)

const connect = (bearer = key.key): Client<false> =>
  createClient({
    singleConnection: false,
    url: `${app.url}/graphql`,
    headers: { authorization: `Bearer ${bearer}` },
    retryAttempts: 0,
  })

/** Runs an operation and collects its results. */
function run(params: RequestParams, client = connect()) {
  const run = {
    results: [] as unknown[],
    failure: undefined as unknown,
    completed: false,
    dispose: () => {},
    get over() {
      return run.completed || run.failure !== undefined
    },
  }
  run.dispose = client.subscribe<Record<string, unknown>>(params, {
    next: (result) => void run.results.push(result),
    error: (error) => {
      run.failure = error
    },
    complete: () => {
      run.completed = true
    },
  })
  return run
}

/** Subscribes and waits until the subscription is active. Earlier results are dropped. */
async function follow(source: string, client?: Client<false>) {
  const stream = run({ query: EVENTS, variables: { source } }, client)
  await until('the first frame', () => stream.results.length > 0 || publish(source, 'begin').then(() => false))
  await publish(source, 'begun')
  await until('the last of the first frames', () => JSON.stringify(stream.results.at(-1)).includes('begun'))
  stream.results.length = 0
  return stream
}

const streamsOver = () =>
  app.requests.filter(({ path, operation }) => path === '/graphql' && operation === 'events').length

test('a query and a mutation complete after one result', async () => {
  const query = run({ query: '{ viewer { roles } }' })
  const mutation = run({ query: 'mutation { publishEvent(input: { type: "a", source: "sse" }) { deduplicated } }' })
  await until('both', () => query.completed && mutation.completed)
  expect(query.results).toEqual([{ data: { viewer: { roles: ['ADMIN'] } } }])
  expect(mutation.results).toEqual([{ data: { publishEvent: { deduplicated: false } } }])
})

test('frames arrive in order, with one connection per operation; disposing one ends it on the server', async () => {
  const client = connect()
  const [one, other] = [newSource(), newSource()]
  const [first, second] = await Promise.all([follow(one, client), follow(other, client)])
  const types = Array.from({ length: 30 }, (_, n) => `t.${n}`)
  for (const type of types) await Promise.all([publish(one, type), publish(other, `other.${type}`)])
  await until('all frames', () => first.results.length === 30 && second.results.length === 30)
  const frames = (names: string[]) => names.map((type) => ({ data: { events: { event: { type } } } }))
  expect(first.results).toEqual(frames(types))
  expect(second.results).toEqual(frames(types.map((type) => `other.${type}`)))

  const over = streamsOver()
  first.dispose()
  await until('its end at the server', () => streamsOver() === over + 1)
  await publish(one, 'too.late')
  await publish(other, 'in.time')
  await until('one more frame', () => second.results.length === 31)
  expect(first.results.length).toBe(30)
  second.dispose()
})

describe('operations that cannot run are reported', () => {
  test.each([
    ['an invalid document', { query: '{ viewer' }, 'BAD_USER_INPUT'],
    ['an unknown field', { query: 'subscription { nothing }' }, 'BAD_USER_INPUT'],
    ['an invalid cursor', { query: 'subscription { events(after: "x") { cursor } }' }, 'BAD_USER_INPUT'],
  ])('%s', async (_what, params, code) => {
    const stream = run(params)
    await until('its end', () => stream.over)
    const told = stream.completed ? stream.results : stream.failure
    expect(JSON.stringify(told)).toContain(`"code":"${code}"`)
  })

  test('an unknown caller', async () => {
    const stream = run({ query: EVENTS, variables: { source: 'x' } }, connect('alk_nobody-has-this-key'))
    await until('its end', () => stream.over)
    expect(stream.failure).toBeInstanceOf(NetworkError)
    expect((stream.failure as NetworkError).response).toMatchObject({ status: 401 })
  })
})

describe('with GET, as EventSource does, and among other types', () => {
  const get = (params: Record<string, string>, accept = 'text/event-stream') =>
    app.http(`/graphql?${new URLSearchParams(params)}`, {}, { headers: { accept } })

  test('a subscription is a stream', async () => {
    const source = newSource()
    const response = await get(
      { query: EVENTS, variables: JSON.stringify({ source }) },
      'application/json, text/event-stream',
    )
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const over = streamsOver()
    const text = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let read = ''
    const reading = (async () => {
      while (!read.includes('"type":"a.b"')) read += (await text.read()).value ?? ''
      await text.cancel()
    })()
    await until('the frame', () => read.includes('a.b') || publish(source, 'a.b').then(() => false))
    await reading
    expect(read).toContain('event: next\ndata: {"data":{"events":{"event":{"type":"a.b"}}}}\n\n')
    await until('its end at the server', () => streamsOver() === over + 1)
  })

  test('a query is answered in the first accepted type, a mutation is refused', async () => {
    const json = await get(
      { query: '{ viewer { roles } }' },
      'application/graphql-response+json, text/event-stream;q=0.5',
    )
    expect(json.headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8')
    expect(await json.json()).toEqual({ data: { viewer: { roles: ['ADMIN'] } } })
    const query = 'mutation { publishEvent(input: { type: "a", source: "sse" }) { deduplicated } }'
    expect(await (await get({ query })).text()).toMatch(
      /^:\n\nevent: next\ndata: .*"code":"BAD_USER_INPUT".*\n\nevent: complete/,
    )
    expect((await get({ query }, 'application/json, text/event-stream')).status).toBe(405)
  })

  test('variables that are not JSON are refused with their name', async () => {
    const response = await get({ query: EVENTS, variables: '{' })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', path: ['variables'] } }],
    })
  })
})

test('a revoked key ends its stream with an error', async () => {
  const { id, key: bearer } = await makeKey(app)
  const stream = await follow(newSource(), connect(bearer))
  await app.sql('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [id])
  clock.advance(10_000)
  await until('its end', () => stream.over)
  expect(stream.results).toMatchObject([{ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }])
  expect(stream.completed).toBe(true)
})
