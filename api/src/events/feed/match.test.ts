import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import type { Identity } from '../../identity/identity.ts'
import { type EventFilter, eventQuery, eventWhere } from '../read/event-filter.ts'
import { createEventFeed, type EventFeed } from './event-feed.ts'
import { createEventMatcher } from './match.ts'

let app: TestApp
let feed: EventFeed
const VISIBLE = ['sys.shown']
const TYPES = ['a.one', 'a.two', 'ab', 'sys.shown', 'sys.hidden']
const TEXTS = ['100%', 'under_score', 'C:\\temp', 'Ünïcode', 'a\there', '"quoted"']

beforeAll(async () => {
  app = await startTestApp()
  feed = createEventFeed(app.core)
  const inputs = Array.from({ length: 200 }, (_, i) => ({
    type: TYPES[i % 5]!,
    source: `s${i % 3}`,
    severity: (['INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const)[i % 4],
    subject: i % 2 ? TEXTS[i % 6]! : null,
    correlationId: i % 7 ? null : `c${i % 2}`,
    payload: { text: TEXTS[(i * 5) % 6], nested: { i } },
    tenantId: [null, 'tenant-1', 'tenant-acme'][i % 3]!,
  }))
  for (const { source, ...event } of inputs) app.pipeline.publisher.announce(source, event)
  await app.pipeline.publisher.idle()
})
afterAll(async () => {
  feed.close()
  await app.stop()
})

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const filters: fc.Arbitrary<EventFilter> = fc.record({
  types: maybe(fc.subarray(['a.*', 'a.one', '*', 'sys.*', 'A.one', 'a*o'])),
  sources: maybe(fc.subarray(['s0', 's1', 'S2'])),
  severities: maybe(fc.subarray(['INFO', 'CRITICAL'] as const)),
  tenantId: maybe(fc.constantFrom('tenant-1', 'tenant-acme')),
  correlationId: maybe(fc.constantFrom('c0', 'c1')),
  search: maybe(
    fc.constantFrom(
      '%',
      '_',
      '\\',
      'c:\\temp',
      'there',
      'here',
      'a\there',
      '"quoted"',
      'ÜNÏ',
      'under',
      'A.T',
      '"i":1',
      'nothing',
      'S1',
    ),
  ),
})
const identities: fc.Arbitrary<Identity> = fc
  .constantFrom(null, 'tenant-1', 'tenant-none')
  .map((tenantId) => ({ kind: 'USER', id: 'u', name: null, roles: ['VIEWER'], tenantId }))

test('matching in memory agrees with the database', async () => {
  const { rows } = await feed.read(0n)
  expect(rows.length).toBeGreaterThanOrEqual(200)
  await fc.assert(
    fc.asyncProperty(identities, filters, async (identity, filter) => {
      const query = eventQuery(identity, filter, VISIBLE, Date.now())
      if (!query) return
      const values: unknown[] = []
      const found = await feed.read(0n, eventWhere(query, values), values)
      const matches = createEventMatcher(query, filter)
      const seqs = rows.filter((row) => matches(row, VISIBLE)).map(({ seq }) => seq)
      expect(seqs).toEqual(found.rows.map(({ seq }) => seq))
    }),
    { numRuns: 150 },
  )
})
