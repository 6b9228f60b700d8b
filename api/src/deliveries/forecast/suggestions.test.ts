import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeWebhook, seedAttempt, seedDelivery } from '../../../test/features/deliveries.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { newId, tryUuid } from '../../kit/ids.ts'
import { updateDeliveryTotals } from '../totals/update.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.stop())

interface Suggestion {
  id: string
  title: string
  reason: string
  count: number
  likely: number
  likelihood: number
  healthySince: string | null
  recommended: boolean
  filter: object
  sample: { id: string }[]
}

const suggestions = async (tenantId = 'tenant-acme', window = 'LAST_1H') =>
  (
    await app.ok<{ replaySuggestions: Suggestion[] }>(
      `query ($window: TimeWindow) { replaySuggestions(window: $window) { id title reason count likely likelihood healthySince recommended filter sample { id } oldestAt errorKind webhook { name } } }`,
      { window },
      { as: { role: 'VIEWER', tenantId } },
    )
  ).replaySuggestions

test('each cluster of dead letters has a reason for or against a replay, and its filter finds exactly its deliveries', async () => {
  const back = await makeWebhook(app, { name: 'back' })
  const down = await makeWebhook(app, { name: 'down' })
  const dead = (webhook: string, over: object = {}) =>
    seedDelivery(app, { webhook, status: 'DEAD_LETTER', kind: 'HTTP_5XX', age: 25 * 60_000, ...over })
  for (let i = 0; i < 7; i++) await dead(back.id)
  for (let i = 0; i < 9; i++) await dead(down.id, { kind: 'CONNECT' })
  await dead(back.id, { age: 30 * 3_600_000 })
  await dead(back.id, { status: 'DELIVERED' })
  for (let i = 0; i < 5; i++) {
    await seedAttempt(app, back.id, newId(), 1, null)
    await seedAttempt(app, down.id, newId(), 1, 'CONNECT')
  }
  await app.sql('UPDATE webhooks SET failing_since = now(), consecutive_failures = 5 WHERE id = $1', [
    tryUuid('whk', down.id),
  ])

  for (const totals of ['without', 'with']) {
    if (totals === 'with') while (await updateDeliveryTotals(app.core));
    const [first, second, ...rest] = await suggestions()
    expect(rest).toEqual([])
    expect(first).toMatchObject({
      title: '7 dead letters of back (HTTP_5XX)',
      count: 7,
      likely: 7,
      recommended: true,
      webhook: { name: 'back' },
    })
    expect(first?.reason).toMatch(/^Worth replaying\. .*5 of 5 requests of the last 10 minutes succeeded/)
    expect(first?.sample).toHaveLength(5)
    expect(Date.now() - Date.parse(first!.healthySince!)).toBeGreaterThan(20 * 60_000)
    expect(second).toMatchObject({
      title: '9 dead letters of down (CONNECT)',
      count: 9,
      likely: 0,
      recommended: false,
      healthySince: null,
    })
    expect(second?.reason).toMatch(/^Not worth replaying now\. Most of them would fail again\. .*It is down/)
    for (const { filter, count } of [first!, second!]) {
      const { deliveries } = await app.ok<{ deliveries: { totalCount: number } }>(
        'query ($filter: DeliveryFilter) { deliveries(filter: $filter) { totalCount } }',
        { filter },
        { as: { role: 'VIEWER', tenantId: 'tenant-acme' } },
      )
      expect(deliveries.totalCount).toBe(count)
    }
  }
  expect((await suggestions('tenant-acme', 'ALL')).find(({ recommended }) => recommended)?.count).toBe(8)
  expect(await suggestions('tenant-other')).toEqual([])
})

test('a tenant’s filter finds only the failures of that tenant at a webhook of the installation', async () => {
  const as = { role: 'ADMIN', tenantId: null } as const
  const shared = await makeWebhook(app, { name: 'shared', tenantId: null }, as)
  for (const tenant of ['tenant-acme', 'tenant-acme', 'tenant-other'])
    await seedDelivery(app, { webhook: shared.id, tenant, status: 'DEAD_LETTER', kind: 'DNS' })
  const found = await app.ok<{ replaySuggestions: Suggestion[] }>(
    'query { replaySuggestions(tenantId: "tenant-acme") { title count filter } }',
    {},
    { as },
  )
  const [cluster] = found.replaySuggestions.filter(({ title }) => title.includes('shared'))
  expect(cluster).toMatchObject({ count: 2, filter: { tenantId: 'tenant-acme' } })
  const { deliveries } = await app.ok<{ deliveries: { totalCount: number } }>(
    'query ($filter: DeliveryFilter) { deliveries(filter: $filter) { totalCount } }',
    { filter: cluster!.filter },
    { as },
  )
  expect(deliveries.totalCount).toBe(2)
})
