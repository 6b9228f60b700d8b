import { CloudEvent, HTTP } from 'cloudevents'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSender, event, newEvent as next } from '../../../test/features/cloudevents.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'

let app: TestApp
let to: ReturnType<typeof createSender>

beforeAll(async () => {
  app = await startTestApp()
  to = createSender(app)
})
afterAll(() => app.stop())

// The examples of the HTTP binding (sections 3.1.4, 3.2.4, 3.3.3) and of the JSON format (3.2, 4.3).
const TIME = '2018-04-05T03:56:24Z'
const EXTENSIONS = { comexampleextension1: 'value', comexampleothervalue: 5 }
const APPINFO = { appinfoA: 'abc', appinfoB: 123, appinfoC: true }

test('binary mode: attributes from headers, data from the body', async () => {
  const answer = await to.binary(next({ time: TIME }), '{ "a": [1] }', 'application/json; charset=utf-8')
  expect(answer).toMatchObject({ status: 202, body: { deduplicated: false } })
  expect(Object.keys(answer.body)).toEqual(['id', 'cursor', 'deduplicated'])
  expect(await to.stored(answer.body.id)).toMatchObject({
    type: 'com.example.someevent',
    source: '/mycontext',
    occurredAt: new Date(TIME),
    severity: 'INFO',
    tenantId: 'default',
    payload: { a: [1] },
    publishedByKind: 'API_KEY',
  })
})

test.each([
  [
    'a JSON object',
    { datacontenttype: 'application/json', data: APPINFO },
    'application/json',
    JSON.stringify(APPINFO),
    APPINFO,
  ],
  ['a JSON string', { data: "I'm just a string" }, 'application/json', '"I\'m just a string"', "I'm just a string"],
  [
    'XML',
    { datacontenttype: 'application/xml', data: '<much wow="xml"/>' },
    'application/xml',
    '<much wow="xml"/>',
    '<much wow="xml"/>',
  ],
  [
    'bytes',
    { datacontenttype: 'application/vnd.apache.thrift.binary', data_base64: 'AAH/' },
    'application/vnd.apache.thrift.binary',
    Buffer.from([0, 1, 255]),
    { data_base64: 'AAH/' },
  ],
  ['JSON in base64', { data_base64: Buffer.from('{"a":1}').toString('base64') }, undefined, '{"a":1}', { a: 1 }],
  ['no data', { datacontenttype: 'application/json' }, 'application/json', undefined, {}],
  ['null', { data: null }, 'application/json', 'null', {}],
  [
    'text of a type that is stored as bytes',
    { datacontenttype: 'application/octet-stream', data: 'ü' },
    'application/octet-stream',
    'ü',
    { data_base64: 'w7w=' },
  ],
  [
    'text of an unknown type',
    { datacontenttype: 'x-acme/thing', data: 'a' },
    'x-acme/thing',
    'a',
    { data_base64: 'YQ==' },
  ],
  ['text in base64', { datacontenttype: 'text/plain', data_base64: 'w7w=' }, 'text/plain', 'ü', 'ü'],
  ['empty text', { datacontenttype: 'text/plain', data: '' }, 'text/plain', undefined, {}],
  ['an empty JSON string', { data: '' }, 'application/json', '""', ''],
])('%s is the same payload in structured, batched and binary mode', async (_what, json, type, body, payload) => {
  const time = '2018-04-05T17:31:00Z'
  const answers = [
    await to.structured(next({ time, ...EXTENSIONS, subject: null, ...json })),
    await to.binary(next({ time, ...EXTENSIONS }), body, type),
  ]
  const { status, body: batch } = await to.batch([next({ time, ...EXTENSIONS, unsetextension: null, ...json })])
  expect({ status, ...batch }).toMatchObject({ status: 202, accepted: 1, refused: 0 })
  for (const answer of answers)
    expect(answer).toMatchObject({ status: 202, body: { ignored: Object.keys(EXTENSIONS) } })
  for (const id of [...answers.map((answer) => answer.body.id), batch.results![0]!.id!])
    expect(await to.stored(id)).toMatchObject({ payload, subject: null, occurredAt: new Date(time) })
})

test('events of the CloudEvents SDK are accepted in both modes', async () => {
  const made = new CloudEvent({
    id: 'sdk-1',
    type: 'service.health.failed',
    source: 'https://example.com/checkout',
    subject: 'checkout',
    time: '2026-01-31T12:00:00.500Z',
    dataschema: 'https://example.com/schema',
    data: { service: 'checkout', übergröße: '€' },
    tenantid: 'tenant-acme',
    severitytext: 'FATAL',
    correlationid: 'flow-1',
    causationid: 'cause-1',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    tracestate: 'congo=t61rcWkgMzE',
  })
  const stored = {
    type: 'service.health.failed',
    source: 'https://example.com/checkout',
    subject: 'checkout',
    occurredAt: new Date('2026-01-31T12:00:00.500Z'),
    severity: 'CRITICAL',
    tenantId: 'tenant-acme',
    payload: { service: 'checkout', übergröße: '€' },
    correlationId: 'flow-1',
    causationId: 'cause-1',
    traceParent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    traceState: 'congo=t61rcWkgMzE',
  }
  for (const message of [HTTP.binary(made), HTTP.structured(made.cloneWith({ id: 'sdk-2' }))]) {
    const answer = await to.send(String(message.body), message.headers as Record<string, string>)
    expect(answer.status, answer.text).toBe(202)
    expect(answer.body.ignored).toEqual(['dataschema'])
    expect(await to.stored(answer.body.id)).toMatchObject(stored)
    // The stored event equals the SDK's reading of its own message.
    const read = HTTP.toEvent(message) as CloudEvent<unknown>
    expect(stored).toMatchObject({ payload: read.data, type: read.type, subject: read.subject })
  }
})

test('source and id identify an event in every mode', async () => {
  const one = next({ data: { first: true } })
  const first = await to.structured(one)
  const again = await to.binary(event(one.id, { time: TIME }), '{"first":false}', 'application/json')
  expect(again).toMatchObject({
    status: 202,
    body: { id: first.body.id, cursor: first.body.cursor, deduplicated: true },
  })
  const elsewhere = { ...one, source: '/other' }
  const { status, body } = await to.batch([one, elsewhere, elsewhere])
  expect({ status, ...body }).toMatchObject({ status: 202, accepted: 3, deduplicated: 2, refused: 0 })
  const ids = body.results!.map((result) => result.id)
  expect(ids).toEqual([first.body.id, ids[1], ids[1]])
  expect(ids[1]).not.toBe(first.body.id)
  expect(await to.stored(first.body.id)).toMatchObject({ payload: { first: true } })
})

test('severity comes from severitytext, severitynumber or the declared type', async () => {
  const severity = async (over: object) => (await to.stored((await to.structured(next(over))).body.id))?.severity
  expect(await severity({ severitytext: 'warn', severitynumber: 21 })).toBe('WARNING')
  expect(await severity({ severitynumber: 17 })).toBe('ERROR')
  expect(await severity({ severitytext: 'Panik', severitynumber: 24 })).toBe('CRITICAL')
  expect(await severity({})).toBe('INFO')
})

test('percent escapes in headers are decoded, once', async () => {
  const attributes = next({ subject: 'Euro%20%E2%82%AC%20%F0%9F%98%80%2520', correlationid: '"a \\"b\\""' })
  const answer = await to.binary(attributes, undefined)
  expect(await to.stored(answer.body.id)).toMatchObject({
    subject: 'Euro € 😀%20',
    correlationId: 'a "b"',
    payload: {},
  })
})

test('a publisher cannot publish for another tenant', async () => {
  const acme = { as: { role: 'AGENT' as const, tenantId: 'tenant-acme' } }
  const own = await to.structured(next(), acme)
  expect(await to.stored(own.body.id)).toMatchObject({ tenantId: 'tenant-acme' })
  const foreign = await to.binary(next({ tenantid: 'tenant-2' }), undefined, undefined, acme)
  expect(foreign).toMatchObject({ status: 403, body: { code: 'FORBIDDEN', errors: [{ header: 'ce-tenantid' }] } })
  const unbound = await to.structured(next({ tenantid: 'tenant-2' }), { as: { role: 'AGENT' } })
  expect(unbound).toMatchObject({ status: 403, body: { errors: [{ pointer: '#/tenantid' }] } })
  const some = await to.batch([next({ tenantid: 'tenant-2' }), next()], acme)
  expect(some).toMatchObject({
    status: 207,
    body: {
      accepted: 1,
      results: [{ problem: { status: 403, errors: [{ pointer: '#/0/tenantid' }] } }, { deduplicated: false }],
    },
  })
  const named = await to.structured(next({ tenantid: 'Not A Tenant' }))
  expect(named).toMatchObject({ status: 400, body: { errors: [{ pointer: '#/tenantid' }] } })
})

test('publishing needs an identity and the role AGENT', async () => {
  const viewer = await to.structured(next(), { as: { role: 'VIEWER' } })
  expect(viewer).toMatchObject({ status: 403, body: { code: 'FORBIDDEN', title: 'Forbidden', status: 403 } })
  for (const as of [null, { bearer: 'alk_nobody_knows_this_key' }]) {
    const answer = await to.structured(next(), { as })
    expect(answer).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED', type: 'about:blank' } })
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  }
})

test('data that breaks the schema of its type is 422 and names the field', async () => {
  await app.ok('mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { created } }', {
    input: {
      name: 'order.created',
      description: 'An order was made.',
      defaultSeverity: 'WARNING',
      schema: {
        type: 'object',
        required: ['orderId'],
        properties: { orderId: { type: 'string' }, lines: { items: { properties: { 'a/b': { type: 'number' } } } } },
      },
    },
  })
  const sound = await to.structured(next({ type: 'order.created', data: { orderId: 'o-1' } }))
  expect(await to.stored(sound.body.id)).toMatchObject({ severity: 'WARNING' })

  const broken = { orderId: 5 }
  const structured = await to.structured(next({ type: 'order.created', data: broken }))
  expect(structured).toMatchObject({
    status: 422,
    body: {
      code: 'BAD_USER_INPUT',
      title: 'Unprocessable Entity',
      errors: [{ pointer: '#/data/orderId', detail: 'must be string (schema of order.created)' }],
    },
  })
  const binary = await to.binary(next({ type: 'order.created' }), '{"orderId":5}', 'application/json')
  expect(binary).toMatchObject({ status: 422, body: { errors: [{ pointer: '#/orderId' }] } })
  const nested = await to.batch([next({ type: 'order.created', data: { orderId: '', lines: [{ 'a/b': 'x' }] } })])
  expect(nested).toMatchObject({ status: 422, body: { errors: [{ pointer: '#/0/data/lines/0/a~1b' }] } })
})

test('a sender that would read a response body as an event gets no body', async () => {
  const headers = { 'content-type': 'application/cloudevents+json' }
  for (const prefer of ['reply', 'return=minimal']) {
    const answer = await to.send(JSON.stringify(next()), { ...headers, prefer })
    expect([answer.status, answer.text]).toEqual([202, ''])
  }
  const refused = await to.send('{}', { ...headers, prefer: 'reply' })
  expect(refused).toMatchObject({ status: 400, body: { code: 'BAD_USER_INPUT' } })
})

test('the OPTIONS handshake needs no API key', async () => {
  const ask = (headers: Record<string, string>) => app.http('/events', { method: 'OPTIONS', headers }, { as: null })
  const allowed = await ask({ 'webhook-request-origin': 'eventemitter.example.com', 'webhook-request-rate': '120' })
  expect([allowed.status, await allowed.text()]).toEqual([200, ''])
  expect(Object.fromEntries(allowed.headers)).toMatchObject({
    allow: 'POST, OPTIONS',
    'webhook-allowed-origin': 'eventemitter.example.com',
    'webhook-allowed-rate': '*',
  })
  const plain = await ask({})
  expect([plain.status, plain.headers.has('webhook-allowed-origin')]).toEqual([200, false])
  expect((await ask({ 'webhook-request-origin': 'no host' })).status).toBe(400)
  const event = await app.http('/events', { method: 'POST', body: '{}' }, { as: null })
  expect(event.status).toBe(401)
})

test('attributes that SDKs send without encoding are accepted', async () => {
  const sent = (subject: string, id: string) =>
    to.raw([
      'ce-specversion: 1.0',
      `ce-id: ${id}`,
      'ce-source: /s',
      'ce-type: com.example.raw',
      `ce-subject: ${subject}`,
    ])
  await sent(Buffer.from('Zürich 日本 100% "ok"').toString('latin1'), 'raw-1')
  await sent('Z\u00fcrich', 'raw-2')
  const rows = await app.sql<{ subject: string }>(
    "SELECT subject FROM events WHERE type = 'com.example.raw' ORDER BY seq",
  )
  expect(rows.map(({ subject }) => subject)).toEqual(['Zürich 日本 100% "ok"', 'Zürich'])
})

test('only POST and OPTIONS are allowed', async () => {
  for (const method of ['GET', 'PUT']) {
    const response = await app.http('/events', { method })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    await response.text()
  }
})
