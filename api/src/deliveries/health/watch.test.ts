import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeWebhook, seedAttempt } from '../../../test/features/deliveries.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { ensureBuiltinTypes } from '../../events/catalogue/builtin-types.ts'
import { newId, tryUuid } from '../../kit/ids.ts'
import { watchWebhookHealth } from './watch.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
  await ensureBuiltinTypes(app.core.db)
})
afterAll(() => app?.stop())

const eventsOf = (subject: string) =>
  app.sql<{ type: string; tenant_id: string; severity: string; payload: Record<string, unknown> }>(
    'SELECT type, tenant_id, severity, payload FROM events WHERE subject = $1 ORDER BY seq',
    [subject],
  )
/** Two workers check at the same time. */
const look = () => Promise.all([0, 1].map(() => watchWebhookHealth(app.core, app.pipeline.publishInTransaction)))

test('a degradation and a recovery are announced once each, by whichever worker checks first', async () => {
  const { id } = await makeWebhook(app, { name: 'billing' })
  const fine = await makeWebhook(app, { name: 'fine' })
  for (let i = 0; i < 12; i++) {
    await seedAttempt(app, id, newId(), 1, i < 4 ? 'HTTP_5XX' : null)
    await seedAttempt(app, fine.id, newId(), 1, null)
  }
  await look()
  await look()
  expect(await eventsOf(id)).toMatchObject([
    {
      type: 'webhook.degraded',
      tenant_id: 'tenant-acme',
      severity: 'WARNING',
      payload: { webhookId: id, name: 'billing', reason: '4 of 12 attempts of the last 10 minutes failed.' },
    },
  ])

  // The failures leave the range of the last five minutes.
  await app.sql(`DELETE FROM delivery_attempts WHERE error_kind IS NOT NULL AND webhook_id = $1`, [tryUuid('whk', id)])
  await app.sql(`UPDATE webhooks SET circuit = 'HALF_OPEN' WHERE id = $1`, [tryUuid('whk', id)])
  await look()
  expect(await eventsOf(id)).toHaveLength(1)
  await app.sql(`UPDATE webhooks SET circuit = 'CLOSED' WHERE id = $1`, [tryUuid('whk', id)])
  await look()
  await look()
  expect(await eventsOf(id)).toMatchObject([
    { type: 'webhook.degraded' },
    { type: 'webhook.recovered', severity: 'INFO', payload: { seconds: expect.any(Number) } },
  ])
  expect(await eventsOf(fine.id)).toEqual([])
})

test('an open circuit degrades a webhook at once; a paused one keeps its state', async () => {
  const { id } = await makeWebhook(app, { name: 'open' })
  const paused = await makeWebhook(app, { name: 'paused' })
  for (const webhook of [id, paused.id])
    await app.sql(`UPDATE webhooks SET circuit = 'OPEN' WHERE id = $1`, [tryUuid('whk', webhook)])
  await app.sql(`UPDATE webhooks SET state = 'PAUSED' WHERE id = $1`, [tryUuid('whk', paused.id)])
  await look()
  expect(await eventsOf(id)).toMatchObject([{ type: 'webhook.degraded' }])
  expect(await eventsOf(paused.id)).toEqual([])
})
