import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newId } from '../../kit/ids.ts'
import { type ArchivedEvent, cloudEventLine, parseCloudEventLine } from './stored-event.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(',"data":', '"', ',"data":{}', '\\', '},{', ',"data_base64":"', '\u2028', ','),
)
const payloadText = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.jsonValue().map((value) => JSON.stringify(value, null, 2)),
  fc.constantFrom(
    '{ "b" : 1.50e2,\t"a":"\\u0041\\/" }',
    '1e400',
    '"\\ud800"',
    '{"a":1,"a":2}',
    '[\r\n1]',
    '"a\u2028b"',
  ),
)
const at = fc
  .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString())
const storedEvent: fc.Arbitrary<ArchivedEvent> = fc.record({
  id: fc.constant(0).map(() => newId()),
  seq: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String),
  tenantId: fc.option(fc.constantFrom('tenant-a', 'b')),
  type: text,
  source: text,
  severity: fc.constantFrom('INFO', 'WARNING', 'ERROR', 'CRITICAL'),
  subject: fc.option(text),
  occurredAt: at,
  receivedAt: at,
  publishedByKind: fc.constantFrom('USER', 'API_KEY', 'SYSTEM'),
  publishedById: text,
  publishedByName: fc.option(text),
  clientIp: fc.option(fc.ipV6()),
  correlationId: fc.option(text),
  causationId: fc.option(text),
  expiresAt: fc.option(at),
  traceParent: fc.option(text),
  traceState: fc.option(text),
  payload: payloadText,
})

test('every event survives formatting and parsing as a line', () => {
  fc.assert(
    fc.property(storedEvent, (event) => {
      const line = cloudEventLine(event)
      expect(line).not.toMatch(/[\r\n]/)
      expect(parseCloudEventLine(line)).toEqual(event)
      // It is valid JSON, and its data is the payload.
      const { data, data_base64: encoded } = JSON.parse(line) as { data?: unknown; data_base64?: string }
      const payload: unknown = JSON.parse(event.payload)
      expect(encoded === undefined ? data : JSON.parse(Buffer.from(encoded, 'base64').toString())).toEqual(payload)
    }),
    { numRuns: 500 },
  )
})
