import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type As, startTestApp, type TestApp } from '../../test/harness.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

const PUBLISH = `mutation ($input: PublishEventInput!) { publishEvent(input: $input) { deduplicated event {
  id type source severity subject tenantId payload occurredAt receivedAt publishedBy { kind id name } clientIp
  correlationId causationId cursor } } }`

interface Event {
  id: string
  type: string
  tenantId: string | null
  receivedAt: string
  [field: string]: unknown
}

const publish = async (input: object, as?: As) =>
  (await app.ok<{ publishEvent: { event: Event; deduplicated: boolean } }>(PUBLISH, { input }, { as })).publishEvent

describe('publishEvent', () => {
  test('stores the event unmodified, with its publisher', async () => {
    const input = {
      type: 'order.created',
      source: 'shop',
      severity: 'WARNING',
      subject: 'order-1',
      tenantId: 'tenant-acme',
      payload: { total: 12.5, lines: [{ sku: 'a"b\\c' }], note: '日本' },
      occurredAt: '2026-01-31T10:30:00+01:00',
      correlationId: 'c-1',
      causationId: 'x-1',
    }
    const { event, deduplicated } = await publish(input)
    expect(deduplicated).toBe(false)
    expect(event).toEqual({
      ...input,
      id: expect.stringMatching(/^evt_[0-9a-z]{26}$/),
      occurredAt: '2026-01-31T09:30:00.000Z',
      receivedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      publishedBy: { kind: 'API_KEY', id: expect.stringMatching(/^key_/), name: 'test ADMIN' },
      clientIp: '127.0.0.1',
      cursor: expect.any(String),
    })
    const { node } = await app.ok<{ node: Event }>(
      `query ($id: ID!) { node(id: $id) { __typename id ... on Event { type payload cursor } } }`,
      { id: event.id },
    )
    const { type, payload, cursor } = event
    expect(node).toEqual({ __typename: 'Event', id: event.id, type, payload, cursor })
  })

  test('applies defaults: the caller’s tenant or "default", an empty payload, the current time', async () => {
    const { event } = await publish({ type: 'a.b', source: 's' })
    expect(event).toMatchObject({ tenantId: 'default', payload: {}, severity: 'INFO', subject: null })
    expect(event.occurredAt).toBe(event.receivedAt)
    const bound = await publish({ type: 'a.b', source: 's' }, { role: 'AGENT', tenantId: 'tenant-1' })
    expect(bound.event.tenantId).toBe('tenant-1')
  })

  test('returns the first event for a known idempotency key', async () => {
    const input = { type: 'a.b', source: 'idem', idempotencyKey: 'k' }
    const first = await publish(input)
    const again = await publish({ ...input, payload: { changed: true } })
    expect(again).toEqual({ event: { ...first.event, payload: {} }, deduplicated: true })
  })

  test.each<[string, object, As, string, string[] | undefined]>([
    ['a viewer', {}, { role: 'VIEWER' }, 'FORBIDDEN', undefined],
    [
      'another tenant',
      { tenantId: 'tenant-2' },
      { role: 'ADMIN', tenantId: 'tenant-1' },
      'FORBIDDEN',
      ['input', 'tenantId'],
    ],
    ['a tenant named by an agent', { tenantId: 'tenant-2' }, { role: 'AGENT' }, 'FORBIDDEN', ['input', 'tenantId']],
    ['no tenant at all', { tenantId: 'Tenant!' }, { role: 'ADMIN' }, 'BAD_USER_INPUT', ['input', 'tenantId']],
    ['an empty type', { type: '' }, { role: 'ADMIN' }, 'BAD_USER_INPUT', ['input', 'type']],
    ['a NUL in the subject', { subject: 'a\0b' }, { role: 'ADMIN' }, 'BAD_USER_INPUT', ['input', 'subject']],
    [
      'too large a payload',
      { payload: 'x'.repeat(262_143) },
      { role: 'ADMIN' },
      'PAYLOAD_TOO_LARGE',
      ['input', 'payload'],
    ],
    ['no instant', { occurredAt: 'today' }, { role: 'ADMIN' }, 'BAD_USER_INPUT', ['input', 'occurredAt']],
    ['no severity', { severity: 'BAD' }, { role: 'ADMIN' }, 'BAD_USER_INPUT', ['input', 'severity']],
  ])('refuses %s', async (_what, over, as, code, path) => {
    const error = await app.fails(PUBLISH, { input: { type: 'a.b', source: 's', ...over } }, { as })
    expect([error.code, error.path]).toEqual([code, path])
  })

  test('accepts a payload of exactly 256 KiB', async () => {
    await publish({ type: 'a.b', source: 's', payload: 'x'.repeat(262_142) })
  })
})

describe('publishEvents', () => {
  const BATCH = `mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted deduplicated
    results { deduplicated event { type } error { code message path } } } }`

  test('accepts and refuses events independently, in input order', async () => {
    const input = [
      { type: 'b.0', source: 'batch', idempotencyKey: 'same' },
      { type: 'b 1', source: 'batch' },
      { type: 'b.2', source: 'batch', idempotencyKey: 'same' },
      { type: 'b.3', source: 'batch', tenantId: '-' },
    ]
    const { publishEvents } = await app.ok<{ publishEvents: { results: { error: { path: string[] } | null }[] } }>(
      BATCH,
      { input },
    )
    expect(publishEvents).toMatchObject({
      accepted: 2,
      deduplicated: 1,
      results: [
        { event: { type: 'b.0' }, deduplicated: false, error: null },
        { event: null, deduplicated: false, error: { code: 'BAD_USER_INPUT', path: ['input', '1', 'type'] } },
        { event: { type: 'b.0' }, deduplicated: true, error: null },
        { event: null, error: { code: 'BAD_USER_INPUT', path: ['input', '3', 'tenantId'] } },
      ],
    })
  })

  test('accepts 1,000 events and refuses 1,001', async () => {
    const input = Array.from({ length: 1_001 }, (_, i) => ({ type: 'bulk', source: 'bulk', payload: { i } }))
    const taken = 'mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted } }'
    expect(await app.ok(taken, { input: input.slice(1) })).toEqual({ publishEvents: { accepted: 1_000 } })
    expect(await app.fails(taken, { input })).toMatchObject({
      code: 'BAD_USER_INPUT',
      path: ['input'],
      message: expect.stringContaining('1001'),
    })
    expect(await app.ok('{ eventStats(filter: { types: ["bulk"] }) { total } }')).toEqual({
      eventStats: { total: 1_000 },
    })
  })
})

describe('the catalogue of types', () => {
  const REGISTER = `mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { created eventType {
    name description defaultSeverity schema tenantVisible version deprecated example declared } } }`
  const input = {
    name: 'stock.low',
    description: 'Little is left.',
    defaultSeverity: 'WARNING',
    schema: { type: 'object', properties: { left: { type: 'integer' } }, required: ['left'] },
    example: { left: 1 },
  }

  test('a declaration sets the default severity and validates payloads', async () => {
    const declared = { ...input, tenantVisible: false, version: 1, deprecated: false, declared: true }
    expect(await app.ok(REGISTER, { input })).toEqual({ registerEventType: { created: true, eventType: declared } })
    expect(await app.ok(REGISTER, { input })).toEqual({ registerEventType: { created: false, eventType: declared } })
    const { event } = await publish({ type: 'stock.low', source: 's', payload: { left: 3 } })
    expect(event.severity).toBe('WARNING')
    expect(
      await app.fails(PUBLISH, { input: { type: 'stock.low', source: 's', payload: { left: 'few' } } }),
    ).toMatchObject({
      code: 'BAD_USER_INPUT',
      path: ['input', 'payload', 'left'],
    })
  })

  test('a change increments the version; deprecated types are still accepted and listed as deprecated', async () => {
    const { registerEventType } = await app.ok<{ registerEventType: { eventType: object } }>(REGISTER, {
      input: { ...input, description: 'Almost nothing is left.' },
    })
    expect(registerEventType.eventType).toMatchObject({ version: 2, description: 'Almost nothing is left.' })
    const deprecate = 'mutation { deprecateEventType(name: "stock.low") { eventType { deprecated version } } }'
    const answer = { deprecateEventType: { eventType: { deprecated: true, version: 3 } } }
    expect(await app.ok(deprecate)).toEqual(answer)
    expect(await app.ok(deprecate)).toEqual(answer)
    await publish({ type: 'stock.low', source: 's', payload: { left: 0 } })
    expect(await app.ok('{ eventType(name: "stock.low") { deprecated } }')).toEqual({ eventType: { deprecated: true } })
  })

  test('undeclared types are listed for the tenants that they were published for', async () => {
    await publish({ type: 'made.up', source: 's', tenantId: 'tenant-9' })
    await app.pipeline.publisher.idle()
    const names = async (as: As) =>
      (
        await app.ok<{ eventTypes: { name: string; declared: boolean; version: number }[] }>(
          '{ eventTypes { name declared version } }',
          {},
          { as },
        )
      ).eventTypes
    const all = await names({ role: 'VIEWER' })
    expect(all).toContainEqual({ name: 'made.up', declared: false, version: 0 })
    expect(all.map((type) => type.name)).toEqual(all.map((type) => type.name).sort())
    expect(await names({ role: 'VIEWER', tenantId: 'tenant-9' })).toContainEqual(
      expect.objectContaining({ name: 'made.up' }),
    )
    expect(await names({ role: 'VIEWER', tenantId: 'tenant-1' })).not.toContainEqual(
      expect.objectContaining({ name: 'made.up' }),
    )
    const one = '{ eventType(name: "made.up") { declared } }'
    expect(await app.ok(one)).toEqual({ eventType: { declared: false } })
    expect(await app.ok(one, {}, { as: { role: 'VIEWER', tenantId: 'tenant-1' } })).toEqual({ eventType: null })
  })

  test.each<[string, object, string, string[] | undefined]>([
    ['a name with a star', { name: 'stock.*' }, 'BAD_USER_INPUT', ['input', 'name']],
    ['an invalid schema', { schema: { type: 'thing' } }, 'BAD_USER_INPUT', ['input', 'schema']],
    ['an example that breaks the schema', { example: { left: 'x' } }, 'BAD_USER_INPUT', ['input', 'example', 'left']],
  ])('refuses %s', async (_what, over, code, path) => {
    const error = await app.fails(REGISTER, { input: { ...input, name: 'x.y', ...over } })
    expect([error.code, error.path]).toEqual([code, path])
  })

  test('is global: a tenant’s operator may not change it', async () => {
    const as: As = { role: 'ADMIN', tenantId: 'tenant-1' }
    expect((await app.fails(REGISTER, { input }, { as })).code).toBe('FORBIDDEN')
    expect((await app.fails('mutation { deprecateEventType(name: "nope") { eventType { name } } }')).code).toBe(
      'NOT_FOUND',
    )
  })
})
