import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { createUndeclaredTypes } from './undeclared-types.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ tenants: [] })
})
afterAll(() => app.stop())

const listed = async (tenantId: string) => {
  const [row] = await app.sql<{ n: string }>('SELECT count(*) AS n FROM seen_event_types WHERE tenant_id = $1', [
    tenantId,
  ])
  return Number(row?.n)
}

test('the list of undeclared types is bounded per tenant', async () => {
  const seen = createUndeclaredTypes(app.core)
  for (let i = 0; i < 10_500; i++) seen.note('tenant-eve', `made.up.n${i}`, new Map())
  seen.note('tenant-ada', 'order.created', new Map())
  seen.note('tenant-ada', 'declared', new Map([['declared', {}]]))
  await seen.flush()
  expect(await listed('tenant-eve')).toBe(10_000)
  expect(await app.sql(`SELECT name FROM seen_event_types WHERE tenant_id = 'tenant-ada'`)).toEqual([
    { name: 'order.created' },
  ])
  expect(await app.sql(`SELECT id FROM tenants WHERE id LIKE 'tenant-%' ORDER BY 1`)).toEqual([
    { id: 'tenant-ada' },
    { id: 'tenant-eve' },
  ])
})

test('a failed write is repeated with the next event', async () => {
  let isAway = true
  const query: TestApp['core']['db']['query'] = (...args) =>
    isAway ? Promise.reject(new Error('away')) : app.core.db.query(...args)
  const seen = createUndeclaredTypes({ log: app.core.log, db: { ...app.core.db, query } })
  seen.note('tenant-bob', 'first', new Map())
  await seen.flush()
  isAway = false
  seen.note('tenant-bob', 'first', new Map())
  await seen.flush()
  expect(await listed('tenant-bob')).toBe(1)
})

test('all tenants are recorded', async () => {
  const seen = createUndeclaredTypes(app.core)
  for (let i = 0; i < 1_500; i++) seen.note(`many-${i}`, 'x', new Map())
  await seen.flush()
  expect(await app.sql(`SELECT count(*)::int AS n FROM tenants WHERE id LIKE 'many-%'`)).toEqual([{ n: 1_500 }])
})
