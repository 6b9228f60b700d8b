import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTestClock, startTestApp, type TestApp, until } from '../../test/harness.ts'
import { forbidden } from '../kit/errors.ts'
import { createDenials, type Violation } from './denials.ts'
import type { Caller } from './entry.ts'

const clock = createTestClock()
let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ clock })
})
afterAll(() => app.stop())
// The time window of the counted denials has ended.
afterEach(() => clock.advance(61_000))

interface Entry {
  action: string
  outcome: string
  tenantId: string | null
  actor: { id: string }
  after: Record<string, unknown>
}
const denied = async (actions: string[], tenantId: string | null = null) =>
  (
    await app.ok<{ auditEntries: { nodes: Entry[] } }>(
      `query ($actions: [String!], $tenantId: String) { auditEntries(filter: { actions: $actions, tenantId: $tenantId, outcomes: [DENIED] }) { nodes {
        action outcome tenantId actor { id } after } } }`,
      { actions, tenantId },
    )
  ).auditEntries.nodes

interface Violating {
  tenantId: string | null
  severity: string
  payload: object
  correlationId: string
  causationId: string
}
const violations = async () =>
  (
    await app.ok<{ events: { nodes: Violating[] } }>(
      `{ events(filter: { types: ["security.rbac.violation"] }) { nodes { tenantId severity payload correlationId causationId } } }`,
    )
  ).events.nodes

describe('a denial', () => {
  test('because of a role is an entry and an event, for any root field', async () => {
    const as = { role: 'VIEWER', tenantId: 'tenant-roles' } as const
    const options = { as, headers: { 'x-request-id': 'req-7' } }
    await app.fails('{ auditStats { totalRequests } }', {}, options)
    await app.fails('mutation { registerEventType(input: { name: "x", description: "x" }) { created } }', {}, options)
    const entries = await denied([], 'tenant-roles')
    expect(entries).toMatchObject([
      { action: 'eventType.register', after: { code: 'FORBIDDEN', required: 'OPERATOR' } },
      { action: 'query.auditStats', after: { code: 'FORBIDDEN', required: 'ADMIN' } },
    ])
    const announced = await until('both are announced', async () => {
      const events = await violations()
      return events.length === 2 && events
    })
    expect(announced).toContainEqual({
      tenantId: 'tenant-roles',
      severity: 'WARNING',
      payload: { actor: entries[0]!.actor.id, action: 'query.auditStats', required: 'ADMIN', roles: ['VIEWER'] },
      correlationId: 'req-7',
      causationId: expect.stringMatching(/^aud_/),
    })
  })

  test('of a route, of publishing, and of naming a tenant is an entry', async () => {
    const publish = { method: 'POST', body: '{}', headers: { 'content-type': 'application/cloudevents+json' } }
    expect((await app.http('/events', publish, { as: { role: 'VIEWER' } })).status).toBe(403)
    expect((await app.http('/exports/audit', {}, { as: { role: 'OPERATOR' } })).status).toBe(403)
    expect(
      (
        await app.http(
          '/graphql?query={__typename}',
          {},
          { as: { role: 'AGENT' }, headers: { 'x-tenant-id': 'tenant-x' } },
        )
      ).status,
    ).toBe(403)
    expect(await denied(['event.publish', 'audit.export', 'http.graphql'])).toMatchObject([
      { action: 'http.graphql', after: { required: 'OPERATOR' } },
      { action: 'audit.export', after: { required: 'ADMIN' } },
      { action: 'event.publish', after: { required: 'AGENT' } },
    ])
  })

  test('of an identity that only names a tenant leaves no trace in that tenant', async () => {
    const known = (await violations()).length
    const headers = { 'x-tenant-id': 'tenant-named' }
    await app.fails('{ auditStats { totalRequests } }', {}, { as: { role: 'VIEWER' }, headers })
    const [entry] = await denied(['query.auditStats'])
    expect(entry).toMatchObject({ tenantId: null, after: { required: 'ADMIN', tenant: 'tenant-named' } })
    const [announced] = await until('it is announced', async () => {
      const events = await violations()
      return events.length > known && events
    })
    expect(announced).toMatchObject({ tenantId: null })
    expect(await app.sql(`SELECT FROM audit_chains WHERE chain = 'tenant-named'`)).toEqual([])
    expect(await app.sql(`SELECT FROM tenants WHERE id = 'tenant-named'`)).toEqual([])
  })

  test('of access to another tenant names that tenant, in one’s own chain', async () => {
    const as = { role: 'ADMIN', tenantId: 'tenant-reaching' } as const
    const input = { tenantId: 'tenant-aimed-at', name: 'x', url: 'https://93.184.215.1/', eventTypes: [] }
    const create = 'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { secret } }'
    expect((await app.fails(create, { input }, { as })).path).toEqual(['input', 'tenantId'])
    expect(await denied(['webhook.create'], 'tenant-reaching')).toMatchObject([
      { after: { tenant: 'tenant-aimed-at' } },
    ])
    const headers = { 'x-tenant-id': 'tenant-looked-after' }
    await app.fails(create, { input }, { as: { role: 'OPERATOR' }, headers })
    const [newest] = await denied(['webhook.create'])
    expect(newest).toMatchObject({ tenantId: null, after: { tenant: 'tenant-aimed-at' } })
    expect(await app.sql(`SELECT FROM audit_chains WHERE chain = 'tenant-aimed-at'`)).toEqual([])
  })

  test('of a part of a batch is one entry with their number', async () => {
    const as = { role: 'AGENT', tenantId: 'tenant-batch' } as const
    const event = (tenantId: string) => ({ type: 'order.created', source: 'shop', tenantId })
    const input = [event('tenant-batch'), event('tenant-other'), event('tenant-other')]
    await app.ok(
      'mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted } }',
      { input },
      { as },
    )
    expect(await denied([], 'tenant-batch')).toMatchObject([{ action: 'event.publish', after: { times: 2 } }])

    clock.advance(61_000)
    const cloudEvent = (tenantid: string, id: string) => ({
      specversion: '1.0',
      type: 'order.created',
      source: 'shop',
      id,
      tenantid,
    })
    const batch = [cloudEvent('tenant-batch', '1'), cloudEvent('tenant-other', '2')]
    const headers = { 'content-type': 'application/cloudevents-batch+json' }
    const answer = await app.http('/events', { method: 'POST', body: JSON.stringify(batch), headers }, { as })
    expect(answer.status).toBe(207)
    expect(await denied([], 'tenant-batch')).toHaveLength(2)
  })

  test('that repeats is counted, and becomes one more entry after a minute', async () => {
    const as = { role: 'VIEWER', tenantId: 'tenant-flood' } as const
    const known = (await violations()).length
    const ask = () => app.fails('{ auditStats { totalRequests } }', {}, { as })
    await Promise.all(Array.from({ length: 20 }, ask))
    expect(await denied([], 'tenant-flood')).toHaveLength(1)
    clock.advance(61_000)
    const entries = await until('the summary', async () => {
      const found = await denied([], 'tenant-flood')
      return found.length > 1 && found
    })
    expect(entries).toMatchObject([
      { after: { code: 'FORBIDDEN', required: 'ADMIN', times: 19, since: expect.any(String) } },
      { after: { code: 'FORBIDDEN', required: 'ADMIN' } },
    ])
    await until('one event', async () => (await violations()).length === known + 1)
  })
})

describe('counting', () => {
  const caller = (id: string): Caller => ({
    identity: { kind: 'USER', id, name: null, roles: ['VIEWER'], tenantId: 'tenant-counted' },
    clientIp: null,
    requestId: null,
  })
  const refused = { action: 'webhook.create', target: null }

  test('is written when the process ends, with the count', async () => {
    const denials = createDenials(app.core, () => {})
    for (let i = 0; i < 5; i++) await denials.note(caller('ada'), refused, forbidden('no'))
    await denials.close()
    expect((await denied([], 'tenant-counted')).map(({ after }) => after.times)).toEqual([4, undefined])
  })

  test('is counted by actor and action, which the caller cannot vary', async () => {
    const seen: Violation[] = []
    const denials = createDenials(app.core, (violation) => seen.push(violation))
    for (const tenantId of ['tenant-a', 'tenant-b', 'tenant-c']) {
      const { identity } = caller('eve')
      await denials.note({ ...caller('eve'), identity: { ...identity, tenantId } }, refused, forbidden('no'))
    }
    await denials.note(caller('bob'), refused, forbidden('no'))
    await denials.close()
    expect(seen.map((violation) => violation.caller.identity.id)).toEqual(['eve', 'bob'])
    const chains = await app.sql<{ chain: string }>(
      `SELECT chain FROM audit_entries WHERE actor_id = 'eve' ORDER BY id`,
    )
    expect(chains.map(({ chain }) => chain)).toEqual(['tenant-a', 'tenant-c'])
  })

  test('is answered even if its entry cannot be written, which is logged and repeated', async () => {
    const seen: Violation[] = []
    const denials = createDenials(app.core, (violation) => seen.push(violation))
    await app.sql(`ALTER TABLE audit_entries ADD CONSTRAINT broken CHECK (actor_id <> 'mallory') NOT VALID`)
    await denials.note(caller('mallory'), refused, forbidden('no'))
    await app.sql('ALTER TABLE audit_entries DROP CONSTRAINT broken')
    expect(seen).toEqual([])
    expect(app.logs).toContainEqual(
      expect.objectContaining({ level: 'warn', action: 'webhook.create', actor: { kind: 'USER', id: 'mallory' } }),
    )
    await denials.note(caller('mallory'), refused, forbidden('no'))
    expect(seen).toHaveLength(1)
    await denials.close()
  })
})
