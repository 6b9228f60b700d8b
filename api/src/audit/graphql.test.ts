import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type As, startTestApp, type TestApp } from '../../test/harness.ts'
import { publicId } from '../kit/ids.ts'
import { appendEntry, systemCaller } from './entry.ts'

let app: TestApp
/** The names used in the tests below. */
const ids: Record<string, string> = {}
beforeAll(async () => {
  app = await startTestApp()
  const append = async (
    name: string,
    tenantId: string | null,
    actor: string,
    action: string,
    target: string | null,
  ) => {
    const uuid = await appendEntry(app.core.db.pool, systemCaller(actor), {
      action,
      target: target ? { type: 'webhook', id: target } : null,
      tenantId,
      outcome: action === 'webhook.delete' ? 'DENIED' : 'ALLOWED',
      before: null,
      after: { name },
    })
    ids[name] = publicId('aud', uuid)
  }
  await append('installation', null, 'ada', 'eventType.register', null)
  await append('first', 'tenant-1', 'ada', 'webhook.create', 'whk_1')
  await append('second', 'tenant-1', 'bob', 'webhook.delete', 'whk_1')
  await append('other', 'tenant-2', 'bob', 'delivery.replay', 'dlv_1')
})
afterAll(() => app.stop())

const BOUND: As = { role: 'ADMIN', tenantId: 'tenant-1' }
const ENTRIES = `query ($filter: AuditFilter, $first: Int, $after: String, $last: Int, $before: String) {
  auditEntries(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    nodes { id } pageInfo { hasNextPage endCursor } } }`
interface Listed {
  auditEntries: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
}
const list = async (variables: object, as?: As) => {
  const { auditEntries } = await app.ok<Listed>(ENTRIES, variables, as === undefined ? {} : { as })
  const names = auditEntries.nodes.map(({ id }) => Object.keys(ids).find((name) => ids[name] === id))
  return { names, ...auditEntries.pageInfo }
}

describe('the audit trail', () => {
  test('is listed newest first, by pages', async () => {
    const page = await list({ first: 3 })
    expect(page).toMatchObject({ names: ['other', 'second', 'first'], hasNextPage: true })
    expect(await list({ first: 3, after: page.endCursor })).toMatchObject({
      names: ['installation'],
      hasNextPage: false,
    })
    expect((await list({ last: 2 })).names).toEqual(['first', 'installation'])
  })

  test.each([
    [{ actorIds: ['ada'] }, ['first', 'installation']],
    [{ actions: ['webhook.*', 'delivery.replay'] }, ['other', 'second', 'first']],
    [{ outcomes: ['DENIED'] }, ['second']],
    [{ targetId: 'whk_1' }, ['second', 'first']],
    [{ tenantId: 'tenant-2' }, ['other']],
    [{ window: 'LAST_15M', actorIds: [] }, ['other', 'second', 'first', 'installation']],
    [{ until: '2020-01-01T00:00:00Z' }, []],
    [{ since: '2999-01-01T00:00:00Z' }, []],
  ])('is narrowed by %j', async (filter, names) => {
    expect((await list({ filter })).names).toEqual(names)
  })

  test('is refused for an invalid filter, with all errors', async () => {
    const filter = { targetId: '\0', actorIds: Array.from({ length: 201 }, String) }
    expect(await app.fails(ENTRIES, { filter })).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: ['filter', 'actorIds'] }, { path: ['filter', 'targetId'] }],
    })
  })

  test('is limited to one tenant for an identity that is bound to it', async () => {
    expect((await list({}, BOUND)).names).toEqual(['second', 'first'])
    expect((await list({ filter: { tenantId: 'tenant-2' } }, BOUND)).names).toEqual([])
  })

  test('is read by id by an ADMIN within reach only', async () => {
    const NODES = `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on AuditEntry { action actor { kind id } hash after } } }`
    const byIds = async (as: As) =>
      (await app.ok<{ nodes: unknown[] }>(NODES, { ids: Object.values(ids) }, { as })).nodes
    expect(await byIds({ role: 'OPERATOR' })).toEqual([null, null, null, null])
    expect(await byIds(BOUND)).toEqual([
      null,
      {
        id: ids.first,
        action: 'webhook.create',
        actor: { kind: 'SYSTEM', id: 'ada' },
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        after: { name: 'first' },
      },
      expect.objectContaining({ id: ids.second }),
      null,
    ])
  })

  test('is verified chain by chain', async () => {
    const verified = async (tenantId: string | null, as: As = { role: 'ADMIN' }) =>
      (
        await app.ok<{ verifyAuditChain: object }>(
          'query ($tenantId: String) { verifyAuditChain(tenantId: $tenantId) { ok checked firstBroken head } }',
          { tenantId },
          { as },
        )
      ).verifyAuditChain
    const whole = { ok: true, firstBroken: null }
    expect(await verified(null)).toMatchObject({ ...whole, checked: 1 })
    expect(await verified('tenant-1')).toMatchObject({ ...whole, checked: 2 })
    expect(await verified(null, BOUND)).toEqual(await verified('tenant-1'))
    expect(await verified('tenant-2', BOUND)).toEqual({ ...whole, checked: 0, head: '0'.repeat(64) })
    await app.sql('ALTER TABLE audit_entries DISABLE TRIGGER ALL')
    await app.sql(`UPDATE audit_entries SET actor_name = 'Mallory' WHERE action = 'webhook.create'`)
    expect(await verified('tenant-1')).toMatchObject({ ok: false, checked: 0, firstBroken: ids.first })
  })
})
