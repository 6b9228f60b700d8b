import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppError } from '../../kit/errors.ts'
import { parseEnvelope, payloadOfBytes, Unreadable } from './data.ts'
import { readEnvelope } from './envelope.ts'
import { decodeHeaderValue, readHeaders } from './headers.ts'
import { readMediaType } from './media-type.ts'
import { severityOfNumber, severityOfText } from './severity.ts'
import { parseTimestamp } from './time.ts'

/** Encodes as the HTTP binding requires of senders (section 3.1.3.2). */
const encode = (text: string) =>
  [...text]
    .map((char) =>
      /[!-~]/.test(char) && !/["%]/.test(char)
        ? char
        : [...Buffer.from(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
    )
    .join('')

test('every header value survives escaping and decoding', () => {
  expect(decodeHeaderValue('Euro%20%E2%82%AC%20%F0%9F%98%80')).toBe('Euro € 😀') // the binding's own example
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(decodeHeaderValue(encode(text))).toBe(text)
      const lower = encode(text).replace(/%../g, (encoded) => encoded.toLowerCase())
      expect(decodeHeaderValue(lower)).toBe(text)
    }),
  )
})

test.each([
  ['"a \\"b\\" \\\\ c"', 'a "b" \\ c'],
  ['"100%25"', '100%'],
  ['%41%62%2541', 'Ab%41'],
  ['say "hi"', 'say "hi"'],
  ['', ''],
  // As SDKs send values that they do not encode.
  ['100% sure, 5%', '100% sure, 5%'],
  ['%4', '%4'],
  ['50%25 of %C3%BC, %zz', '50% of ü, %zz'],
  ['"open', '"open'],
  ['"closed" too early', '"closed" too early'],
  [Buffer.from('Zürich 日本 😀').toString('latin1'), 'Zürich 日本 😀'],
  ['Z\u00fcrich', 'Zürich'],
])('header value %s is %s', (value, text) => expect(decodeHeaderValue(value)).toBe(text))

test.each(['%C0%A0', '%ED%A0%80', '%FF', 'a%20%FF'])('header value %s is refused', (value) =>
  expect(decodeHeaderValue(value)).toEqual({ wrong: expect.stringContaining('not UTF-8') }),
)

test.each([
  ['2018-04-05T03:56:24Z', '2018-04-05T03:56:24.000Z'],
  ['2018-04-05t03:56:24.123456789z', '2018-04-05T03:56:24.123Z'],
  ['2018-04-05T03:56:24+05:30', '2018-04-04T22:26:24.000Z'],
  ['2020-02-29T23:59:59-00:00', '2020-02-29T23:59:59.000Z'],
  ['1990-12-31T23:59:60Z', '1990-12-31T23:59:59.000Z'],
])('%s is the instant %s', (text, instant) => expect(parseTimestamp(text)?.toISOString()).toBe(instant))

test.each([
  '2018-04-05',
  '2018-04-05T03:56Z',
  '2018-04-05T03:56:24',
  '2018-04-05 03:56:24Z',
  '2019-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2018-13-01T00:00:00Z',
  '2018-04-31T00:00:00Z',
  '2018-04-05T24:00:00Z',
  '2018-04-05T03:56:24+24:00',
  '1522900584',
  ' 2018-04-05T03:56:24Z',
  '२०१८-०४-०५T03:56:24Z',
])('%s is no timestamp of RFC 3339', (text) => expect(parseTimestamp(text)).toBeNull())

test('every instant survives formatting and parsing as RFC 3339', () => {
  const years = {
    min: new Date('1970-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  }
  fc.assert(
    fc.property(fc.date(years), (date) => {
      expect(parseTimestamp(date.toISOString())).toEqual(date)
    }),
  )
})

test('known severity names are accepted in any case', () => {
  expect(['trace', 'Debug', 'INFO', 'INFO3', 'notice'].map(severityOfText)).toEqual(Array(5).fill('INFO'))
  expect(['WARN', 'warning', 'WARN4'].map(severityOfText)).toEqual(Array(3).fill('WARNING'))
  expect(['error', 'ERR', 'ERROR2'].map(severityOfText)).toEqual(Array(3).fill('ERROR'))
  expect(['fatal', 'CRITICAL', 'emerg', 'FATAL4'].map(severityOfText)).toEqual(Array(4).fill('CRITICAL'))
  expect(['', 'SEVERE', 'WARN5', 'constructor', '2'].map(severityOfText)).toEqual(Array(5).fill(null))
  expect(['1', '9', '13', '17', '24'].map(severityOfNumber)).toEqual(['INFO', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'])
  expect(['0', '25', '-1', '9.5', '1e1', ''].map(severityOfNumber)).toEqual(Array(6).fill(null))
})

test('data is decoded by its media type', () => {
  const payload = (bytes: Buffer | string, type?: string) =>
    payloadOfBytes(Buffer.from(bytes as string), readMediaType(type)!)?.value
  expect(payload('{"a":1}', 'application/json; charset=utf-8')).toEqual({ a: 1 })
  expect(payload('\ufeff[1]', 'application/vnd.acme+json')).toEqual([1])
  expect(payload('"text"')).toBe('text')
  expect(payload('<a/>', 'application/xml')).toBe('<a/>')
  expect(payload(Buffer.from([0x63, 0xe9]), 'text/plain; charset="iso-8859-1"')).toBe('cé')
  expect(payload(Buffer.from([0, 255]), 'image/png')).toEqual({ data_base64: 'AP8=' })
  expect(payload('abc', 'text/plain; charset=no-such')).toEqual({ data_base64: 'YWJj' })
  expect(payload('', 'application/json')).toBeUndefined()
  expect(() => payload(Buffer.from([0x22, 0xff, 0x22]))).toThrow(Unreadable)
  expect(() => payload('{a:1}')).toThrow('is not JSON')
  expect(readMediaType('json')).toBeNull()
  expect(readMediaType('application/cloudevents+avro')?.mode).toBeNull()
})

test('any input is either an event or refused with a coded error', () => {
  const value = fc.oneof(fc.string(), fc.jsonValue(), fc.constantFrom('1.0', '\0', '%', 'INFO'))
  const name = fc.oneof(
    fc.constantFrom(
      'specversion',
      'id',
      'source',
      'type',
      'time',
      'data',
      'data_base64',
      'datacontenttype',
      'severitytext',
    ),
    fc.string(),
    fc.constantFrom('__proto__', 'constructor', 'tenantId', 'ce-id'),
  )
  const sound = { specversion: '1.0', id: '1', source: '/s', type: 't' }
  const read = (event: () => unknown) => {
    try {
      expect(event()).toHaveProperty('input.payload')
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      expect(error.code).toBe('BAD_USER_INPUT')
    }
  }
  // Not every object has a text of its own: {"toString": {}} has none.
  const textOf = (v: unknown) => (typeof v === 'string' ? v : String(JSON.stringify(v)))
  fc.assert(
    fc.property(fc.dictionary(name, value), fc.boolean(), (some, complete) => {
      read(() => readEnvelope(parseEnvelope(JSON.stringify(complete ? { ...sound, ...some } : some))))
      read(() => readHeaders(Object.entries(some).flatMap(([key, v]) => [`ce-${key}`, textOf(v)])).event(undefined))
    }),
  )
})
