import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSender, event } from '../../../test/features/cloudevents.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'

let app: TestApp
let to: ReturnType<typeof createSender>

beforeAll(async () => {
  app = await startTestApp()
  to = createSender(app)
})
/** No refused event may be stored, and the server must not log an error for it (the harness checks that). */
afterAll(async () => {
  const stored = await to.count()
  await app.stop()
  expect(stored).toBe(0)
})

const places = ({ body }: { body: { errors: { pointer?: string; header?: string }[] } }) =>
  body.errors.map(({ pointer, header }) => header ?? pointer)

test('every missing required attribute is reported', async () => {
  const binary = await to.send('{}', { 'content-type': 'application/json', 'ce-specversion': '1.0' })
  expect([binary.status, places(binary)]).toEqual([400, ['ce-id', 'ce-source', 'ce-type']])
  expect(binary.body.detail).toBe('ce-id: is required; ce-source: is required; ce-type: is required')
  const structured = await to.structured({ id: '', source: null, type: 5, data: 1 })
  expect([structured.status, places(structured)]).toEqual([400, ['#/id', '#/type', '#/specversion', '#/source']])
  // Not an event at all: the message explains how to send one.
  const plain = await to.send('{"specversion":"1.0"}', { 'content-type': 'application/json' })
  expect(plain).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining('application/cloudevents+json') },
  })
})

test.each<[string, object, string, string]>([
  ['another specversion', { specversion: '0.3' }, '#/specversion', 'is "0.3"; expected 1.0'],
  ['a number for a string', { specversion: 1 }, '#/specversion', 'is a number; expected a string'],
  ['an object for a string', { source: {} }, '#/source', 'is an object; expected a string'],
  ['an object for an extension', { payload: { a: 1 } }, '#/payload', 'is an object'],
  ['an array for an extension', { tags: ['a'] }, '#/tags', 'is an array'],
  ['a name in camel case', { tenantId: 'tenant-acme' }, '#/tenantId', 'such as tenantid'],
  ['a name with a meaning in JavaScript', JSON.parse('{"__proto__":"x"}'), '#/__proto__', 'is not an attribute name'],
  ['an empty subject', { subject: '' }, '#/subject', 'is empty'],
  ['NUL', { subject: 'a\0b' }, '#/subject', 'control character'],
  ['half a surrogate pair', { type: 'a\ud800' }, '#/type', 'invalid Unicode character'],
  ['a noncharacter', { id: '\ufffe' }, '#/id', 'invalid Unicode character'],
  ['a type with a space', { type: 'order created' }, '#/type', 'has a space'],
  ['an id that is too long', { id: 'i'.repeat(256) }, '#/id', 'has 256 characters; expected at most 255'],
  ['an invalid time', { time: '2019-02-29T00:00:00Z' }, '#/time', 'expected RFC 3339'],
  ['a time before 1970', { time: '1969-12-31T23:59:59Z' }, '#/time', 'between 1970 and 9999'],
  ['an unknown severity', { severitytext: 'SEVERE' }, '#/severitytext', 'is "SEVERE"; expected TRACE'],
  ['a severity number out of range', { severitynumber: 25 }, '#/severitynumber', 'expected 1 to 24'],
  ['data twice', { data: 1, data_base64: 'AA==' }, '#/data_base64', 'cannot be combined with data'],
  ['invalid base64', { data_base64: 'AA=' }, '#/data_base64', 'is not base64'],
  ['base64 of another type', { data_base64: 5 }, '#/data_base64', 'is a number'],
  ['invalid JSON in base64', { data_base64: 'e30x' }, '#/data_base64', 'is not JSON'],
  ['an object as text data', { datacontenttype: 'text/plain', data: {} }, '#/data', 'must be a string'],
  ['an invalid media type', { datacontenttype: 'json', data: {} }, '#/datacontenttype', 'is not a media type'],
])('%s is refused where it stands', async (_what, over, pointer, detail) => {
  const answer = await to.structured(event('refused', over))
  expect(answer).toMatchObject({ status: 400, body: { code: 'BAD_USER_INPUT' } })
  expect(answer.body.errors).toEqual([{ pointer, detail: expect.stringContaining(detail) }])
})

test.each<[string, string[], string]>([
  ['a header that comes twice', ['ce-id: one', 'ce-id: another'], 'ce-id: is given twice'],
  ['ce-datacontenttype', ['ce-datacontenttype: text/plain'], 'Content-Type'],
  ['ce-data', ['ce-data: {}'], 'ce-data: is not an attribute name'],
  ['a name with a dash', ['CE-Tenant-Id: tenant-acme'], 'such as tenantid'],
  ['escapes that are not UTF-8', ['ce-subject: %C0%A0'], 'ce-subject: has escapes that are not UTF-8'],
  ['an escaped NUL', ['ce-subject: a%00b'], 'ce-subject: has a control character'],
  ['an escaped line break', ['ce-source: a%0D%0Ab'], 'ce-source: has a control character'],
  ['a control character of ISO 8859-1', ['ce-subject: a\u0085b'], 'ce-subject: has a control character'],
  ['a hundred and one attributes', Array.from({ length: 101 }, (_, i) => `ce-x${i}: 1`), 'at most 100 attributes'],
])('%s is refused by name', async (_what, lines, detail) => {
  const nameOf = (line: string) => line.slice(0, line.indexOf(':'))
  const given = lines.map(nameOf)
  const sound = ['ce-specversion: 1.0', 'ce-id: i', 'ce-source: /s', 'ce-type: t']
  const answer = await to.raw([...sound.filter((line) => !given.includes(nameOf(line))), ...lines])
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  expect(answer).toContain('application/problem+json')
  expect(JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)).detail).toContain(detail)
})

test('requests that violate HTTP are rejected before the handler', async () => {
  expect(await to.raw([`ce-subject: ${'x'.repeat(20_000)}`])).toMatch(/^HTTP\/1\.1 431 /)
  expect(await to.raw(['ce-subject: a\0b'])).toMatch(/^HTTP\/1\.1 400 /)
  expect(await to.raw(['content-length: 5'])).toMatch(/^HTTP\/1\.1 400 /)
})

test.each([
  ['not JSON', '{"specversion":"1.0"'],
  ['nothing', ''],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ['an array', '[]'],
  ['a string', '"event"'],
  ['a million levels', '['.repeat(1_000_000)],
])('a body that is %s is no event', async (_what, body) => {
  const answer = await to.send(body, { 'content-type': 'application/cloudevents+json' })
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '#' }] } })
  expect(answer.text.length).toBeLessThan(1_000)
})

test('problems of headers and body are reported together', async () => {
  const answer = await to.binary({ specversion: '1.0', id: '1', source: '/s' }, '{', 'application/json')
  expect([answer.status, places(answer)]).toEqual([400, ['#', 'ce-type']])
  expect(answer.body.detail).toContain('the body is not JSON')
})

test.each<[string, Record<string, string>]>([
  ['an unsupported format', { 'content-type': 'application/cloudevents+avro' }],
  ['a batch in another format', { 'content-type': 'application/cloudevents-batch+protobuf' }],
  ['an invalid media type', { 'content-type': 'nonsense' }],
  ['JSON in an unknown character set', { 'content-type': 'application/cloudevents+json; charset=no-such' }],
  ['a compressed body', { 'content-type': 'application/cloudevents+json', 'content-encoding': 'gzip' }],
])('%s is 415', async (_what, headers) => {
  const answer = await to.send('{}', headers)
  expect(answer).toMatchObject({ status: 415, body: { title: 'Unsupported Media Type', code: 'BAD_USER_INPUT' } })
  expect(answer.body.detail).toContain('; expected ')
})

const KIB = 1024
test('an event over 256 KiB is 413 in each mode, and a much larger body is not read', async () => {
  const large = 'x'.repeat(256 * KIB)
  expect(await to.structured(event('l', { data: large }))).toMatchObject({
    status: 413,
    body: {
      code: 'PAYLOAD_TOO_LARGE',
      errors: [{ pointer: '#/data', detail: expect.stringContaining('262146 bytes') }],
    },
  })
  expect(await to.binary(event('l'), large, 'text/plain')).toMatchObject({
    status: 413,
    body: { errors: [{ pointer: '#' }] },
  })
  expect(await to.batch([event('l', { data: large })])).toMatchObject({
    status: 413,
    body: { errors: [{ pointer: '#/0/data' }] },
  })
  expect(await to.structured(' '.repeat(2 * KIB * KIB + 1))).toMatchObject({
    status: 413,
    body: { detail: expect.stringContaining('2 MiB') },
  })
  expect(await to.batch(' '.repeat(8 * KIB * KIB + 1))).toMatchObject({
    status: 413,
    body: { detail: expect.stringContaining('8 MiB') },
  })
})

test('data that is nested too deeply is refused, also in a batch', async () => {
  const deep = `${'['.repeat(150)}${']'.repeat(150)}`
  const answer = await to.binary(event('deep'), deep, 'application/json')
  expect(answer).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '#', detail: 'is nested more than 100 levels deep' }] },
  })
  const levels = 200_000
  const abyss = JSON.stringify(event('abyss', { data: 0 })).replace(
    '"data":0',
    `"data":${'['.repeat(levels)}${']'.repeat(levels)}`,
  )
  expect(await to.structured(abyss)).toMatchObject({ status: 422, body: { errors: [{ pointer: '#/data' }] } })
})

test('a batch is an array of at most 1,000', async () => {
  const many = Array.from({ length: 1_001 }, (_, i) => event(String(i)))
  expect(await to.batch(many)).toMatchObject({
    status: 400,
    body: { detail: 'the batch has 1001 events; expected at most 1000' },
  })
  expect(await to.batch({})).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining('is not an array') },
  })
  // With any number of errors the response stays short.
  const wrong = await to.batch(Array.from({ length: 1_000 }, () => ({})))
  expect(wrong).toMatchObject({ status: 400, body: { detail: expect.stringContaining('none of the 1000 events') } })
  expect(wrong.body.errors).toHaveLength(100)
  expect(wrong.body.detail.length).toBeLessThan(1_000)
})
