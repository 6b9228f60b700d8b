import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeWebhook } from '../features/deliveries.ts'
import { startTestApp, type TestApp, until } from '../harness.ts'
import { ok, type Receiver, startReceiver } from '../servers/receivers.ts'
import { makeKey, signedIn } from './sockets.ts'

/**
 * A payload is the JSON text that the producer sent (RFC 8259, section 6). On every transport, it reaches every reader
 * byte for byte: numbers of any length, the order of keys, white space, escapes and repeated members.
 */
const TEXT =
  '{ "id":12345678901234567890, "b":1.10,\n "10":2, "e":1E5, "s":"Z\\u00fcrich \\/ \\ud83d\\ude00 é", "d":1, "d":-0 }'

let app: TestApp
let receiver: Receiver
beforeAll(async () => {
  app = await startTestApp({ worker: true })
  receiver = await startReceiver(ok())
  await makeWebhook(app, { url: receiver.url, eventTypes: ['exact.*'] })
})
afterAll(async () => {
  await app.stop()
  await receiver.close()
})

const PUBLISH = 'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id payload } } }'
const JSON_TYPE = { 'content-type': 'application/json' }
const AS = { role: 'OPERATOR', tenantId: 'tenant-acme' } as const
const inputOf = (payload: string, type = 'exact.one') => `{"type":"${type}","source":"s","payload":${payload}}`

async function post(body: string, headers: Record<string, string> = JSON_TYPE, path = '/graphql'): Promise<string> {
  const response = await app.http(path, { method: 'POST', body, headers }, { as: AS })
  return response.text()
}

/** Sends one operation on a WebSocket. Resolves to the text of its first result. */
async function onSocket(payload: string): Promise<string> {
  const { key } = await makeKey(app, { role: 'OPERATOR', tenantId: 'tenant-acme' })
  const { send, received, socket } = await signedIn(app, { key })
  const texts: string[] = []
  socket.on('message', (data) => texts.push(String(data)))
  send(`{"id":"1","type":"subscribe","payload":${payload}}`)
  await received('next', '1')
  socket.terminate()
  return texts[0]!
}

const storedText = async () =>
  (await app.sql<{ text: string }>('SELECT payload::text AS text FROM events ORDER BY seq DESC LIMIT 1'))[0]!.text

const operation = (query: string, variables: string) => `{"query":${JSON.stringify(query)},"variables":${variables}}`
const PUBLISH_MANY =
  'mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted results { error { path message } } } }'
const CE = { 'ce-specversion': '1.0', 'ce-source': 's', 'ce-type': 'exact.one' }
const envelope = (id: string, data: string) =>
  `{"specversion":"1.0","id":"${id}","source":"s","type":"exact.one","data":${data}}`

const WAYS_IN: Record<string, () => Promise<unknown>> = {
  'a variable': () => post(operation(PUBLISH, `{ "input": ${inputOf(TEXT)} }`)),
  'a variable of the payload alone': () =>
    post(
      operation(
        'mutation ($p: JSON) { publishEvent(input: { type: "exact.one", source: "s", payload: $p }) { event { id } } }',
        `{"p":${TEXT}}`,
      ),
    ),
  'a variable whose name is escaped, beside one that is repeated': () =>
    post(
      `{"query":${JSON.stringify(PUBLISH)},"variables":{"input":${inputOf('1')}},"variabl\\u0065s":{"input":{"payload":{},"type":"exact.one","source":"s","payl\\u006fad":${TEXT}}}}`,
    ),
  'a list of events': () => post(operation(PUBLISH_MANY, `{"input":[${inputOf('{}')},${inputOf(TEXT)}]}`)),
  'a single event where a list is declared': () => post(operation(PUBLISH_MANY, `{"input":${inputOf(TEXT)}}`)),
  "Yoga's own handling of HTTP": () =>
    post(operation(PUBLISH, `{"input":${inputOf(TEXT)}}`), {
      ...JSON_TYPE,
      accept: 'application/json;charset=utf-8',
    }),
  'an event stream': () =>
    post(operation(PUBLISH, `{"input":${inputOf(TEXT)}}`), { ...JSON_TYPE, accept: 'text/event-stream' }),
  'a WebSocket': () => onSocket(operation(PUBLISH, `{"input":${inputOf(TEXT)}}`)),
  'a structured CloudEvent': () =>
    post(envelope('1', TEXT), { 'content-type': 'application/cloudevents+json' }, '/events'),
  'a batched CloudEvent': () =>
    post(
      `[ ${envelope('2', '1')}, ${envelope('3', TEXT)} ]`,
      { 'content-type': 'application/cloudevents-batch+json' },
      '/events',
    ),
  'a binary CloudEvent': () => post(` ${TEXT}\n`, { ...CE, 'ce-id': '4', ...JSON_TYPE }, '/events'),
  'base64 in a structured CloudEvent': () =>
    post(
      envelope('5', 'null').replace('"data":null', `"data_base64":"${Buffer.from(TEXT).toString('base64')}"`),
      { 'content-type': 'application/cloudevents+json' },
      '/events',
    ),
}

describe.each(Object.entries(WAYS_IN))('through %s', (_way, send) => {
  test('the text is stored and delivered byte for byte', async () => {
    const before = receiver.requests.length
    await send()
    expect(await storedText()).toBe(TEXT)
    const delivered = await until('the delivery', () =>
      receiver.requests.slice(before).find(({ body }) => body.includes('"data":{ ')),
    )
    expect(delivered.body.slice(delivered.body.indexOf('"data":') + 7, -1)).toBe(TEXT)
  })
})

test('a payload that is one number keeps its digits', async () => {
  await post(operation(PUBLISH, `{"input":${inputOf('12345678901234567890.10')}}`))
  expect(await storedText()).toBe('12345678901234567890.10')
})

test('a literal keeps its numbers and the order of its keys, and the text of the variables in it', async () => {
  const query = `mutation ($big: JSON, $gone: Int) { publishEvent(input: { type: "exact.one", source: "s", payload: {
    z: 12345678901234567890, a: 1.10, within: [$big, $gone, "ü\\"", null, true], gone: $gone } }) { event { id } } }`
  await post(operation(query, `{"big":[ 1.0 ]}`))
  expect(await storedText()).toBe('{"z":12345678901234567890,"a":1.10,"within":[[ 1.0 ],null,"ü\\"",null,true]}')
})

describe('out', () => {
  let id: string
  beforeAll(async () => {
    const answer = await post(operation(PUBLISH, `{"input":${inputOf(TEXT, 'out.one')}}`))
    expect(answer).toContain(`"payload":${TEXT}}`)
    id = JSON.parse(answer).data.publishEvent.event.id
  })
  const LIST = '{ events(filter: { types: ["out.one"] }) { nodes { type payload } } }'
  const NODE = () => `{ node(id: "${id}") { ... on Event { payload } } }`

  test.each<[string, () => Promise<string>]>([
    ['a list', () => post(JSON.stringify({ query: LIST }))],
    ['a node', () => post(JSON.stringify({ query: NODE() }))],
    ['a GET', async () => (await app.http(`/graphql?query=${encodeURIComponent(LIST)}`, {}, { as: AS })).text()],
    [
      "Yoga's own handling of HTTP",
      () => post(JSON.stringify({ query: LIST }), { ...JSON_TYPE, accept: 'application/json;charset=utf-8' }),
    ],
    ['an event stream', () => post(JSON.stringify({ query: LIST }), { ...JSON_TYPE, accept: 'text/event-stream' })],
    ['a WebSocket', () => onSocket(JSON.stringify({ query: LIST }))],
    [
      'the result for an already used idempotency key',
      async () => {
        const again = operation(PUBLISH, `{"input":{"idempotencyKey":"k",${inputOf(TEXT).slice(1)}}`)
        await post(again)
        return post(again.replaceAll(TEXT.slice(1), '}'))
      },
    ],
  ])('through %s', async (_way, read) => {
    expect(await read()).toContain(`"payload":${TEXT}}`)
  })

  test.each<[string, (query: string) => Promise<string>]>([
    ['an event stream', firstOfStream],
    ['a WebSocket', (query) => onSocket(JSON.stringify({ query }))],
  ])('through a subscription over %s', async (_way, first) => {
    const { cursor } = (
      await app.ok<{ publishEvent: { event: { cursor: string } } }>(
        'mutation { publishEvent(input: { type: "out.before", source: "s" }) { event { cursor } } }',
      )
    ).publishEvent.event
    await post(operation(PUBLISH, `{"input":${inputOf(TEXT, 'out.after')}}`))
    const query = `subscription { events(after: "${cursor}", filter: { types: ["out.after"] }) { event { payload } } }`
    expect(await first(query)).toContain(`"payload":${TEXT}}`)
  })

  test('a delivery shows the payload of its event', async () => {
    const query = '{ deliveries(first: 50) { nodes { event { type payload } } } }'
    expect(await post(JSON.stringify({ query }))).toContain(`"payload":${TEXT}}`)
  })
})

async function firstOfStream(query: string): Promise<string> {
  const headers = { ...JSON_TYPE, accept: 'text/event-stream' }
  const init = { method: 'POST', body: JSON.stringify({ query }), headers }
  const response = await app.http('/graphql', init, { as: AS })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('data: {')) text += (await reader.read()).value ?? ''
  await reader.cancel()
  return text
}

test('the schema and the example of a type keep their text', async () => {
  const query =
    'mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { eventType { version schema example } } }'
  const schema = '{ "type":"object", "properties":{"id":{"maximum":12345678901234567890}, "2":{}, "10":{}} }'
  const example = '{ "id":12345678901234567889, "10":"\\u0000" }'
  const input = `{"name":"exact.declared","description":"d","schema":${schema},"example":${example}}`
  const register = async () =>
    (
      await app.http('/graphql', { method: 'POST', body: operation(query, `{"input":${input}}`), headers: JSON_TYPE })
    ).text()
  const answer = `{"data":{"registerEventType":{"eventType":{"version":1,"schema":${schema},"example":${example}}}}}`
  expect(await register()).toBe(answer)
  expect(await register()).toBe(answer)
  expect(await post('{"query":"{ eventType(name: \\"exact.declared\\") { schema example } }"}')).toBe(
    `{"data":{"eventType":{"schema":${schema},"example":${example}}}}`,
  )
})

describe('a number beyond double range is refused with its path', () => {
  const BIG = '{"a":[{"big":1e400}]}'
  const PATH = ['input', 'payload', 'a', '0', 'big']

  test('in a variable and in a literal', async () => {
    const error = { extensions: { code: 'BAD_USER_INPUT', path: PATH } }
    expect(JSON.parse(await post(operation(PUBLISH, `{"input":${inputOf(BIG)}}`))).errors).toMatchObject([error])
    const literal =
      'mutation { publishEvent(input: { type: "t", source: "s", payload: { a: [{ big: -1e400 }] } }) { event { id } } }'
    expect(JSON.parse(await post(JSON.stringify({ query: literal }))).errors).toMatchObject([error])
  })

  test('of a batch alone', async () => {
    const answer = await post(operation(PUBLISH_MANY, `{"input":[${inputOf(BIG)},${inputOf('{}')}]}`))
    expect(JSON.parse(answer).data.publishEvents.results).toMatchObject([
      { error: { path: ['input', '0', 'payload', 'a', '0', 'big'] } },
      { error: null },
    ])
  })

  test('in a CloudEvent', async () => {
    const answer = await post(envelope('6', BIG), { 'content-type': 'application/cloudevents+json' }, '/events')
    expect(JSON.parse(answer).errors).toMatchObject([{ pointer: '#/data/a/0/big' }])
  })

  test('in a schema', async () => {
    const query =
      'mutation ($s: JSON) { registerEventType(input: { name: "x", description: "d", schema: $s }) { created } }'
    const response = await app.http('/graphql', {
      method: 'POST',
      body: operation(query, '{"s":{"maximum":1e999}}'),
      headers: JSON_TYPE,
    })
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { path: ['input', 'schema', 'maximum'] } }] })
  })
})

describe('a literal that is not JSON is refused with its path', () => {
  test.each<[string, string[]]>([
    [
      'publishEvent(input: { type: "t", source: "s", payload: { status: ACTIVE, n: 1 } }) { event { id } }',
      ['input', 'payload', 'status'],
    ],
    [
      'publishEvents(input: [{ type: "t", source: "s" }, { type: "t", source: "s", payload: [1, [UP]] }]) { accepted }',
      ['input', '1', 'payload', '1', '0'],
    ],
    [
      'registerEventType(input: { name: "x", description: "d", schema: { type: object } }) { created }',
      ['input', 'schema', 'type'],
    ],
    ['registerEventType(input: { name: "x", description: "d", example: X }) { created }', ['input', 'example']],
    [
      'createWebhook(input: { name: "w", url: "https://93.184.215.1/", eventTypes: [], headers: { a: B } }) { secret }',
      ['input', 'headers', 'a'],
    ],
  ])('%s', async (field, path) => {
    const errors = await app.fails(`mutation { ${field} }`)
    expect(errors).toMatchObject({ code: 'BAD_USER_INPUT', path })
    expect(errors.message).toMatch(/is [A-Za-z]+, which is not JSON; quote it/)
  })

  test('in the default of a variable', async () => {
    const query =
      'mutation ($p: JSON = { a: B }) { publishEvent(input: { type: "t", source: "s", payload: $p }) { event { id } } }'
    expect(await app.fails(query)).toMatchObject({ code: 'BAD_USER_INPUT', path: ['p', 'a'] })
  })
})
