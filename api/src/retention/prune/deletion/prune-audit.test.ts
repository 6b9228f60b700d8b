import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTask, uuidAt } from '../../../../test/features/retention.ts'
import { startTestApp, type TestApp } from '../../../../test/harness.ts'
import { appendEntry, systemCaller } from '../../../audit/entry.ts'
import { verifyChain } from '../../../audit/verify.ts'
import { readCurrentPolicies } from '../task.ts'
import { pruneAudit } from './prune-audit.ts'
import { pruneTables } from './prune-tables.ts'

const DAY_MS = 86_400_000

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ env: { AUDIT_RETENTION_DAYS: '30' } })
})
afterAll(() => app.stop())

const append = (tenantId: string, daysAgo: number) =>
  appendEntry(
    app.core.db.pool,
    systemCaller('test'),
    { action: 'webhook.pause', target: null, tenantId, outcome: 'ALLOWED', before: null, after: null },
    uuidAt(Date.now() - daysAgo * DAY_MS),
  )
const verify = (tenantId: string) => verifyChain(app.core, tenantId, () => {})

test('the oldest entries of a chain are deleted, the rest still verifies, and a held tenant keeps all', async () => {
  for (const tenantId of ['tenant-a', 'tenant-held', 'tenant-old'])
    for (const daysAgo of [50, 40, 35]) await append(tenantId, daysAgo)
  for (const daysAgo of [20, 1]) await append('tenant-a', daysAgo)
  await app.sql(
    `INSERT INTO legal_holds (tenant_id, created_at, set_by_kind, set_by_id) VALUES ('tenant-held', now(), 'SYSTEM', 'test')`,
  )
  const task = await createTask(app)
  try {
    const policies = await readCurrentPolicies(task)
    expect(await pruneAudit(task, policies)).toBe(6)
    expect(await pruneAudit(task, policies)).toBe(0)
  } finally {
    task.release()
  }
  // The two entries that are left, and the entry that records the deletion of three.
  expect(await verify('tenant-a')).toMatchObject({ ok: true, checked: 3 })
  expect(await verify('tenant-held')).toMatchObject({ ok: true, checked: 3 })
  expect(await verify('tenant-old')).toMatchObject({ ok: true, checked: 2 })
  const told = await app.sql(`SELECT after FROM audit_entries WHERE action = 'audit.prune' AND tenant_id = 'tenant-a'`)
  expect(told).toEqual([{ after: { entries: 3 } }])
  await expect(app.sql(`DELETE FROM audit_entries WHERE tenant_id = 'tenant-a'`)).rejects.toThrow(/only appended to/)
  await expect(app.sql(`UPDATE audit_chains SET pruned_seq = seq WHERE chain = 'tenant-a'`)).rejects.toThrow(
    /only appended to/,
  )
})

test('tables that a feature registered lose their expired final rows, by the policy of their subject', async () => {
  await app.sql('CREATE TABLE incidents (id UUID PRIMARY KEY, tenant_id TEXT, ended_at TIMESTAMPTZ)')
  const days = [100, 80, 1]
  for (const tenant of ['tenant-a', 'tenant-held', null])
    for (const daysAgo of days)
      await app.sql('INSERT INTO incidents VALUES ($1, $2, $3)', [
        uuidAt(Date.now() - daysAgo * DAY_MS),
        tenant,
        new Date(Date.now() - daysAgo * DAY_MS),
      ])
  await app.sql('INSERT INTO incidents VALUES ($1, NULL, NULL)', [uuidAt(Date.now() - 100 * DAY_MS)])
  const tables = [{ table: 'incidents', subject: 'ALERTS', tenantColumn: 'tenant_id', ageColumn: 'ended_at' } as const]
  const task = await createTask(app, { tables })
  try {
    expect(await pruneTables(task, await readCurrentPolicies(task))).toBe(2)
  } finally {
    task.release()
  }
  expect(await app.sql('SELECT FROM incidents')).toHaveLength(8)
})
