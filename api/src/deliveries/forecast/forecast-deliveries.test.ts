import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Made, makeWebhook, seedAttempt, seedDelivery } from '../../../test/features/deliveries.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { newId, publicId, tryUuid } from '../../kit/ids.ts'
import type { ForecastSubject } from './forecast.ts'
import { FORECAST_GROUP, forecastDeliveries } from './forecast-deliveries.ts'

let app: TestApp
let healthy: Made
let broken: Made
beforeAll(async () => {
  app = await startTestApp()
  healthy = await makeWebhook(app, { name: 'healthy' })
  broken = await makeWebhook(app, { name: 'broken' })
})
afterAll(() => app?.stop())

const dead = (webhook: Made, over: object = {}) =>
  seedDelivery(app, { webhook: webhook.id, status: 'DEAD_LETTER', kind: 'HTTP_5XX', age: 120_000, ...over })

test('deliveries of a list are forecast together: from the present state of the receiver and each delivery’s failure', async () => {
  for (let i = 0; i < 4; i++) await seedAttempt(app, healthy.id, newId(), i, null)
  await app.sql(`UPDATE webhooks SET circuit = 'OPEN', consecutive_failures = 10 WHERE id = $1`, [
    tryUuid('whk', broken.id),
  ])
  const ids = [await dead(healthy), await dead(healthy, { kind: 'BLOCKED_ADDRESS' }), await dead(broken)]
  const { nodes } = await app.ok<{ nodes: Array<{ forecast: { likelihood: number; basis: string } }> }>(
    'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Delivery { forecast { likelihood basis } } } }',
    { ids: ids.map((id) => publicId('dlv', id)) },
    { as: { role: 'VIEWER', tenantId: 'tenant-acme' } },
  )
  const [back, blocked, open] = nodes.map(({ forecast }) => forecast)
  expect(back?.likelihood).toBeGreaterThan(0.9)
  expect(back?.basis).toContain('4 of 4 requests')
  expect(blocked?.likelihood).toBeLessThan(0.2)
  expect(open?.likelihood).toBeLessThan(0.1)
  expect(open?.basis).toContain('circuit is open after 10 failures')
})

test('any number of deliveries that failed alike at one time are one subject', async () => {
  const webhook = await makeWebhook(app, { name: 'many' })
  for (let i = 0; i < 5; i++) await dead(webhook, { age: 0 })
  await dead(webhook, { age: 0, kind: 'TIMEOUT' })
  await dead(webhook, { age: 3 * 3_600_000 })
  const groups = await app.core.db.query<ForecastSubject & { count: number }>(
    `SELECT ${FORECAST_GROUP.columns}, count(*)::int AS count FROM deliveries d WHERE d.webhook_id = $1 GROUP BY ${FORECAST_GROUP.groupBy}`,
    [tryUuid('whk', webhook.id)],
  )
  const total = groups.reduce((sum, { count }) => sum + count, 0)
  expect(total).toBe(7)
  expect(groups.length).toBeLessThan(7)
  const forecasts = await forecastDeliveries(app.core, groups)
  expect(forecasts).toHaveLength(groups.length)
  for (const forecast of forecasts) expect(forecast?.likelihood).toBeGreaterThan(0)
})
