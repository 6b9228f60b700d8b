import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { lockTable } from '../../test/harness/lock-table.ts'
import { startTestApp, type TestApp, until } from '../../test/harness.ts'
import { watchStatements } from '../../test/statements.ts'
import { givenUp } from '../graphql/limits/deadline.ts'
import { system } from '../identity/identity.ts'
import { canonicalHash } from './canonical.ts'
import { createVerifications, type Requester } from './verifications.ts'

vi.mock('./canonical.ts', { spy: true })

const ENTRIES = 3_000
const FILL = `SELECT append_audit(uuidv7(), clock_timestamp(), 'API_KEY', 'key_1', 'test', '{ADMIN}', $1, 'webhook.update', 'webhook', 'whk_1',
  'ALLOWED', '{}', $3::json, '192.0.2.7', 'req-' || i) FROM generate_series(1, $2) i`

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ env: { DATABASE_POOL: '20' } })
  await app.sql(FILL, ['long', ENTRIES, '{}'])
  for (const chain of ['a', 'b', 'c', 'd']) await app.sql(FILL, [chain, 1, '{}'])
})
afterAll(() => app?.stop())

const QUERY = 'query ($tenantId: String) { verifyAuditChain(tenantId: $tenantId) { ok checked } }'
const ask = (tenantId: string, query = QUERY) => app.ok<object>(query, { tenantId })

/** Delays the first read of a verification until the test ends or releases it. */
const hold = () => lockTable(app, 'audit_chains')
const blocked = () =>
  app.sql("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")

/** How often the entries of a chain are read while `work` runs. */
async function reads(work: () => Promise<unknown>): Promise<number> {
  const { texts, stop } = watchStatements(app.core.db)
  await work()
  stop()
  return texts.filter((text) => text.includes('FROM audit_entries')).length
}

test('concurrent requests share one verification of a chain', async () => {
  const once = await reads(() => ask('long'))
  expect(once).toBeGreaterThan(1)
  const release = await hold()
  const fields = Array.from({ length: 4 }, (_, i) => `a${i}: verifyAuditChain(tenantId: $tenantId) { ok checked }`)
  const many = `query ($tenantId: String) { ${fields.join(' ')} }`
  const work = async () => {
    const asked = Array.from({ length: 6 }, () => ask('long', many))
    await until('it has begun', async () => (await blocked()).length > 0)
    // Requests in progress have arrived when this is answered.
    await app.ok('{ viewer { roles } }')
    expect(await blocked()).toHaveLength(1)
    await release()
    const answer = { ok: true, checked: ENTRIES }
    expect(await Promise.all(asked)).toEqual(Array(6).fill({ a0: answer, a1: answer, a2: answer, a3: answer }))
  }
  expect(await reads(work)).toBe(once)
  expect(await reads(() => ask('long'))).toBe(once)
})

test('a few of several chains are verified at once, then the others', async () => {
  const release = await hold()
  const asked = ['a', 'b', 'c', 'd'].map((tenant) => ask(tenant))
  await until('some have begun', async () => (await blocked()).length > 0)
  await app.ok('{ viewer { roles } }')
  expect((await blocked()).length).toBeLessThanOrEqual(2)
  await release()
  expect(await Promise.all(asked)).toEqual(Array(4).fill({ verifyAuditChain: { ok: true, checked: 1 } }))
})

test('it ends when no request waits for it', async () => {
  const { verify } = createVerifications(app.core.env)
  const context = (): Requester => ({ core: app.core, identity: { ...system('test'), tenantId: 'long' } })
  const asking = async (giveUp: (contexts: Requester[]) => void) => {
    const contexts = [context(), context()]
    const release = await hold()
    const results = Promise.allSettled(contexts.map((each) => verify(each)))
    await until('it has begun', async () => (await blocked()).length > 0)
    giveUp(contexts)
    await release()
    return results
  }
  const none = await reads(async () => {
    const results = await asking((contexts) => void contexts.map((each) => givenUp(each, 1)))
    expect(results).toMatchObject(Array(2).fill({ status: 'rejected', reason: { code: 'UNAVAILABLE' } }))
  })
  expect(none).toBe(0)
  const results = await asking(([first]) => void givenUp(first, 1))
  expect(results).toMatchObject(Array(2).fill({ status: 'fulfilled', value: { ok: true, checked: ENTRIES } }))
})

test.each([
  ['many', 'long', 125],
  ['large', 'large', 4],
])('others have their turn between some entries, where they are %s', async (_what, chain, most) => {
  if (chain === 'large') await app.sql(FILL, [chain, 60, JSON.stringify({ text: 'x'.repeat(60_000) })])
  let hashed = 0
  let longest = 0
  let over = false
  vi.mocked(canonicalHash).mockClear()
  const turns = async () => {
    while (!over) {
      const { length } = vi.mocked(canonicalHash).mock.calls
      longest = Math.max(longest, length - hashed)
      hashed = length
      await nextTurn()
    }
  }
  const turning = turns()
  expect(await ask(chain)).toMatchObject({ verifyAuditChain: { ok: true } })
  over = true
  await turning
  expect(hashed).toBeGreaterThan(2 * most)
  // A turn may see the end of one batch and the beginning of the next.
  expect(longest).toBeLessThanOrEqual(2 * most)
})
