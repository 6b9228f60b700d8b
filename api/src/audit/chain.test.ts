import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../test/harness.ts'
import type { Context } from '../graphql/context.ts'
import { newId } from '../kit/ids.ts'
import { GENESIS } from './canonical.ts'
import { appendEntry, type Caller, type Entry } from './entry.ts'
import { createVerifications } from './verifications.ts'
import { verifyChain } from './verify.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ env: { DATABASE_POOL: '20' } })
})
afterAll(() => app.stop())

const admin: Caller['identity'] = { kind: 'USER', id: 'ada', name: 'Ada', roles: ['ADMIN'], tenantId: null }
const verify = (tenantId: string | null) => verifyChain(app.core, tenantId ?? '', () => {})

const text = fc.string({ unit: 'binary', maxLength: 20 })
const json = fc.option(
  fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)), { maxKeys: 3 }),
)
const anyEntry = fc.record({
  caller: fc.record({
    identity: fc.record({
      kind: fc.constantFrom('USER', 'API_KEY', 'SYSTEM'),
      id: text,
      name: fc.option(text),
      roles: fc.uniqueArray(fc.constantFrom('VIEWER', 'AGENT', 'OPERATOR', 'ADMIN')),
      tenantId: fc.constant(null),
    }),
    clientIp: fc.option(text),
    requestId: fc.option(text),
  }),
  action: fc.constantFrom('webhook.create', 'delivery.replay', ''),
  target: fc.option(fc.record({ type: fc.constantFrom('webhook', ''), id: text })),
  outcome: fc.constantFrom('ALLOWED', 'DENIED', 'FAILED'),
  before: json,
  after: json,
})

const entryOf = (tenantId: string | null): Entry => ({
  action: 'webhook.pause',
  target: { type: 'webhook', id: 'whk_1' },
  tenantId,
  outcome: 'ALLOWED',
  before: { state: 'ENABLED' },
  after: { state: 'PAUSED' },
})
const append = (tenantId: string | null) =>
  appendEntry(app.core.db.pool, { identity: admin, clientIp: '127.0.0.1', requestId: 'r' }, entryOf(tenantId))

describe('a chain', () => {
  test('is intact with any entries: SQL and TypeScript compute the same hash', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyEntry, { minLength: 1, maxLength: 8 }), async (entries) => {
        const tenantId = `t-${newId()}`
        for (const { caller, ...entry } of entries) await appendEntry(app.core.db.pool, caller, { ...entry, tenantId })
        const { head, ...rest } = await verify(tenantId)
        expect(rest).toEqual({ ok: true, checked: entries.length, firstBroken: null })
        expect(head).toMatch(/^[0-9a-f]{64}$/)
      }),
      { numRuns: 25 },
    )
  })

  test('is intact without entries, and so is another tenant’s for a bound identity', async () => {
    const none = { ok: true, checked: 0, firstBroken: null, head: GENESIS }
    expect(await verify('tenant-without')).toEqual(none)
    await append('tenant-other')
    const { verify: verifyAs } = createVerifications(app.core.env)
    const context = (tenantId: string) => ({ core: app.core, identity: { ...admin, tenantId } }) as Context
    expect(await verifyAs(context('tenant-mine'), 'tenant-other')).toEqual(none)
    expect(await verifyAs(context('tenant-other'))).toMatchObject({ ok: true, checked: 1 })
  })

  test('stays intact while many append to two chains at once', async () => {
    const tenants = ['tenant-1', 'tenant-2']
    const input = (tenantId: string) => ({ name: 'w', url: 'http://127.0.0.1:9/', tenantId, eventTypes: [] })
    const create = 'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }'
    await Promise.all(Array.from({ length: 100 }, (_, i) => app.ok(create, { input: input(tenants[i % 2]!) })))
    for (const tenant of tenants) expect(await verify(tenant)).toMatchObject({ ok: true, checked: 50 })
    const gaps = await app.sql(
      `SELECT chain FROM audit_entries GROUP BY chain HAVING count(*) <> max(seq) OR min(seq) <> 1 OR count(*) <> count(DISTINCT prev_hash)`,
    )
    expect(gaps).toEqual([])
  })

  test('has no entry of a transaction that is rolled back', async () => {
    await append('tenant-back')
    const before = await verify('tenant-back')
    const rolledBack = app.core.db.transaction(async (client) => {
      await appendEntry(client, { identity: admin, clientIp: null, requestId: null }, entryOf('tenant-back'))
      throw new Error('no')
    })
    await expect(rolledBack).rejects.toThrow('no')
    expect(await verify('tenant-back')).toEqual(before)
  })
})

describe('the trail', () => {
  test.each([
    `UPDATE audit_entries SET action = 'nothing'`,
    `UPDATE audit_entries SET action = 'nothing' WHERE false`,
    'DELETE FROM audit_entries',
    'TRUNCATE audit_entries',
    'TRUNCATE audit_chains CASCADE',
    'DELETE FROM audit_chains',
    'UPDATE audit_chains SET seq = seq - 1',
    `UPDATE audit_chains SET chain = chain || 'x', seq = seq + 1`,
  ])('refuses %s, also of a superuser and while replicating', async (statement) => {
    await append('tenant-refuse')
    const refused = /is refused: the audit trail is only appended to/
    await expect(app.sql(statement)).rejects.toThrow(refused)
    const replicating = app.core.db.transaction(async (client) => {
      await client.query('SET LOCAL session_replication_role = replica')
      await client.query(statement)
    })
    await expect(replicating).rejects.toThrow(refused)
    expect(await verify('tenant-refuse')).toMatchObject({ ok: true })
  })

  test('cannot be changed by its owner, who has no right to', async () => {
    const [row] = await app.sql<{ rights: string }>(
      `SELECT coalesce(string_agg(a.privilege_type, ','), '') AS rights FROM pg_class c, aclexplode(c.relacl) a
       WHERE c.relname = 'audit_entries' AND a.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')`,
    )
    expect(row).toEqual({ rights: '' })
  })
})

describe('verification', () => {
  const LENGTH = 9
  const tenant = 'tenant-tampered'
  const ids: string[] = []

  beforeAll(async () => {
    for (let i = 0; i < LENGTH; i++) ids.push(await append(tenant))
    // An attacker with access to the database would disable the triggers first.
    await app.sql('ALTER TABLE audit_entries DISABLE TRIGGER ALL')
    await app.sql('ALTER TABLE audit_chains DISABLE TRIGGER ALL')
    await app.sql(`CREATE TABLE kept AS SELECT * FROM audit_entries WHERE chain = '${tenant}'`)
    await app.sql(`CREATE TABLE kept_chain AS SELECT * FROM audit_chains WHERE chain = '${tenant}'`)
  })
  afterEach(restore)
  async function restore() {
    await app.sql(`DELETE FROM audit_entries WHERE chain LIKE '${tenant}%' OR id IN (SELECT id FROM kept)`)
    await app.sql('INSERT INTO audit_entries SELECT * FROM kept')
    await app.sql(`DELETE FROM audit_chains WHERE chain = '${tenant}'`)
    await app.sql('INSERT INTO audit_chains SELECT * FROM kept_chain')
  }

  /** The smallest change of each column. */
  const CHANGES: Record<string, readonly string[]> = {
    at: [`at + interval '1 millisecond'`],
    actor_kind: [`'SYSTEM'`],
    actor_id: [`actor_id || ' '`, `'Ada'`],
    actor_name: ['NULL', `''`, `'ada'`],
    roles: [`'{}'`, `'{ADMIN,ADMIN}'`, `'{{ADMIN}}'`, `'{VIEWER}'`],
    tenant_id: ['NULL', `'tenant-tamperee'`],
    action: [`'webhook.paus'`],
    target_type: ['NULL', `''`],
    target_id: ['NULL', `target_id || E'\\n'`],
    outcome: [`'DENIED'`, `'FAILED'`],
    before: ['NULL', `'{"state": "ENABLED"}'`, `'{"state":"ENABLEd"}'`],
    after: ['NULL', `'{}'`],
    client_ip: ['NULL', `'127.0.0.2'`],
    request_id: ['NULL', `'R'`],
    prev_hash: [`repeat('0', 64) || ' '`, 'hash'],
    hash: ['upper(hash) || 1', 'prev_hash'],
  }
  const tampering = fc.oneof(
    fc.record({
      kind: fc.constant('change' as const),
      column: fc.constantFrom(...Object.keys(CHANGES)),
      pick: fc.nat(),
      at: fc.nat({ max: LENGTH - 1 }),
    }),
    fc.record({ kind: fc.constantFrom('remove', 'move' as const), at: fc.nat({ max: LENGTH - 1 }) }),
    fc
      .uniqueArray(fc.nat({ max: LENGTH - 1 }), { minLength: 2, maxLength: 2 })
      .map(([a = 0, b = 0]) => ({ kind: 'swap' as const, at: Math.min(a, b), other: Math.max(a, b) })),
  )

  test('detects any change, removal or swap, and names its position', async () => {
    const following = (at: number) => ids[at + 1] ?? ids[at]
    await fc.assert(
      fc
        .asyncProperty(tampering, async (done) => {
          const id = ids[done.at]
          let named: string | undefined = id
          if (done.kind === 'change') {
            const options = CHANGES[done.column]!
            await app.sql(
              `UPDATE audit_entries SET ${done.column} = ${options[done.pick % options.length]} WHERE id = $1`,
              [id],
            )
          } else if (done.kind === 'remove') {
            await app.sql('DELETE FROM audit_entries WHERE id = $1', [id])
            named = following(done.at)
          } else if (done.kind === 'swap') {
            const other = ids[done.other]
            await app.sql('UPDATE audit_entries SET seq = -seq WHERE id IN ($1, $2)', [id, other])
            await app.sql(
              'UPDATE audit_entries SET seq = CASE id WHEN $1 THEN $3::bigint ELSE $4::bigint END WHERE id IN ($1, $2)',
              [id, other, done.other + 1, done.at + 1],
            )
            named = other
          } else {
            await app.sql(`UPDATE audit_entries SET chain = chain || '-elsewhere' WHERE id = $1`, [id])
            named = following(done.at)
          }
          expect(await verify(tenant)).toMatchObject({ ok: false, checked: done.at, firstBroken: named })
        })
        .afterEach(restore),
      { numRuns: 80 },
    )
    expect(await verify(tenant)).toMatchObject({ ok: true, checked: LENGTH })
  })

  test('detects a changed id, and a row that was changed and hashed again', async () => {
    const other = newId()
    await app.sql('UPDATE audit_entries SET id = $1 WHERE id = $2', [other, ids[3]])
    expect(await verify(tenant)).toMatchObject({ ok: false, checked: 3, firstBroken: other })
    await restore()
    await app.sql(`UPDATE audit_entries SET hash = encode(sha256(hash::bytea), 'hex') WHERE id = $1`, [ids.at(-1)])
    expect(await verify(tenant)).toMatchObject({ ok: false, checked: LENGTH - 1, firstBroken: ids.at(-1) })
  })

  test('detects that the newest entries are missing, by the separate head', async () => {
    await app.sql(`DELETE FROM audit_entries WHERE chain = '${tenant}' AND seq > ${LENGTH - 3}`)
    expect(await verify(tenant)).toMatchObject({ ok: false, checked: LENGTH - 3, firstBroken: ids.at(-1) })
    await app.sql(`DELETE FROM audit_entries WHERE chain = '${tenant}'`)
    expect(await verify(tenant)).toMatchObject({ ok: false, checked: 0, firstBroken: ids.at(-1) })
  })
})
