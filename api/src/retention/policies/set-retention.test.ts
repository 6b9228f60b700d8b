import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  countRows,
  createTask,
  prune,
  resetRetention,
  scopeOf,
  seedEvents,
  setDays,
  setHold,
} from '../../../test/features/retention.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { deleteDay } from '../prune/deletion/delete-day.ts'
import { dropDays } from '../prune/deletion/drop-days.ts'

const DAY_MS = 86_400_000
const today = () => Math.floor(Date.now() / DAY_MS)

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ worker: true })
})
afterAll(() => app.stop())
beforeEach(() => resetRetention(app))

describe('a change of retention', () => {
  test('takes effect with the next run, shortened or lengthened, without a restart', async () => {
    await seedEvents(app, { tenant: 'tenant-a', daysAgo: 5 })
    await seedEvents(app, { tenant: 'tenant-a', daysAgo: 31 })
    await setDays(app, 'tenant-a', 60)
    expect(scopeOf(await prune(app), 'tenant-a')).toMatchObject({ prunedCount: 0, retentionDays: 60 })
    await setDays(app, 'tenant-a', 5)
    expect(scopeOf(await prune(app), 'tenant-a')).toMatchObject({ prunedCount: 10, retentionDays: 5 })
    await app.ok(
      'mutation { clearTenantRetention(tenantId: "tenant-a") { tenant { retentionDays retentionIsDefault } } }',
    )
    expect(scopeOf(await prune(app), 'tenant-a')).toMatchObject({ prunedCount: 0, retentionDays: 30 })
    await app.ok('mutation { setRetention(subject: EVENTS, retentionDays: 4) { retention { globalDefaultDays } } }')
    expect(scopeOf(await prune(app), 'tenant-a')).toMatchObject({ prunedCount: 10, retentionDays: 4 })
  })

  test('takes effect with the next batch of a run in progress', async () => {
    await seedEvents(app, { tenant: 'tenant-a', daysAgo: 31 })
    const task = await createTask(app)
    try {
      await setDays(app, 'tenant-a', 60)
      await deleteDay(task, 'tenant-a', today() - 31)
      await app.ok('mutation { clearTenantRetention(tenantId: "tenant-a") { tenant { id } } }')
      await setHold(app, 'tenant-a', true)
      await deleteDay(task, 'tenant-a', today() - 31)
      const plan = { day: today() - 31, how: 'drop', scopes: [{ tenantId: 'tenant-a', events: 10 }] } as const
      expect(await dropDays(task, [plan])).toBe(false)
      expect(await countRows(app, 'events')).toBe(10)
      await setHold(app, 'tenant-a', false)
      // The plan does not name all existing rows: rows outside of it are not dropped.
      await seedEvents(app, { tenant: 'tenant-b', daysAgo: 31, count: 1 })
      expect(await dropDays(task, [plan])).toBe(false)
      expect(await countRows(app, 'events')).toBe(11)
    } finally {
      task.release()
    }
  })

  test.each([
    ['tenant-a', 0, 'BAD_USER_INPUT', ['retentionDays']],
    ['tenant-a', -1, 'BAD_USER_INPUT', ['retentionDays']],
    ['tenant-a', 3_651, 'BAD_USER_INPUT', ['retentionDays']],
    ['tenant-nowhere', 10, 'NOT_FOUND', ['tenantId']],
    ['Not a tenant', 10, 'BAD_USER_INPUT', ['tenantId']],
  ])('to %s and %i days is refused by its field', async (tenantId, retentionDays, code, path) => {
    const refused = await app.fails(
      'mutation ($tenantId: String!, $retentionDays: Int!) { setTenantRetention(tenantId: $tenantId, retentionDays: $retentionDays) { tenant { id } } }',
      { tenantId, retentionDays },
    )
    expect(refused).toMatchObject({ code, path })
  })
})
