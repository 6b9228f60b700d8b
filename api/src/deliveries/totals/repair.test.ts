import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ACME, makeWebhook, seedDelivery } from '../../../test/features/deliveries.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { createTotalsRepair } from './repair.ts'
import { updateDeliveryTotals } from './update.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

let app: TestApp
beforeEach(async () => {
  app = await startTestApp()
  return () => app.stop()
})
afterEach(() => vi.restoreAllMocks())

const total = async () => {
  while (await updateDeliveryTotals(app.core));
}
const totalledUntil = async () =>
  Number((await app.sql<{ until: string }>(`SELECT until FROM totals_progress WHERE name = 'deliveries'`))[0]?.until)
const delivered = async () =>
  (
    await app.ok<{ deliveryStats: { delivered: number } }>(
      '{ deliveryStats(filter: { window: LAST_24H }) { delivered } }',
      {},
      { as: ACME },
    )
  ).deliveryStats.delivered

test('a worker whose clock is two hours ahead does not advance the totals past the time of the database', async () => {
  const now = Date.now
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 2 * HOUR)
  // The machine's clock itself is wrong; a clock that a test injects moves together with the database's.
  await updateDeliveryTotals({ ...app.core, clock: Date.now })
  expect(await totalledUntil()).toBeGreaterThan(0)
  expect(await totalledUntil()).toBeLessThan(now())
})

test.each([
  ['minutes ago', 12 * MINUTE],
  ['hours ago', 5 * HOUR],
])('deliveries that appear behind the totals, created %s, are counted after the next comparison', async (_, age) => {
  const { id: webhook } = await makeWebhook(app)
  const repair = createTotalsRepair(app.core)
  await seedDelivery(app, { webhook, status: 'DELIVERED', age: 10 * HOUR })
  await total()
  expect(await repair()).toBe(false)

  await seedDelivery(app, { webhook, status: 'DELIVERED', age })
  expect(await delivered()).toBe(1)
  // The older hours take turns.
  let isRepaired = false
  for (let i = 0; i < 12 && !isRepaired; i++) isRepaired = await repair()
  expect(isRepaired).toBe(true)
  expect(await delivered()).toBe(2)
  await total()
  expect(await delivered()).toBe(2)
  for (let i = 0; i < 12; i++) expect(await repair()).toBe(false)
})

test('ends that are not totalled yet are no disagreement', async () => {
  const { id: webhook } = await makeWebhook(app)
  const repair = createTotalsRepair(app.core)
  await seedDelivery(app, { webhook, age: 10 * HOUR })
  const open = await seedDelivery(app, { webhook, age: 5 * HOUR })
  await total()
  await app.sql(
    `UPDATE deliveries SET status = 'DELIVERED', completed_at = now(), next_attempt_at = NULL, wake_at = NULL WHERE id = $1`,
    [open],
  )
  for (let i = 0; i < 12; i++) expect(await repair()).toBe(false)
})
