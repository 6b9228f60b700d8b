import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { ok, type Receiver, startReceiver } from '../../../test/servers/receivers.ts'
import { ensureConfiguredWebhooks } from './configured-webhooks.ts'

let app: TestApp
let receiver: Receiver
beforeAll(async () => {
  receiver = await startReceiver(ok())
  app = await startTestApp({ env: { ALERT_WEBHOOKS: `slack+${receiver.url}/a,${receiver.url}/b,${receiver.url}/b` } })
})
afterAll(async () => {
  await app.stop()
  await receiver.close()
})

const webhooks = () =>
  app.sql(
    `SELECT url, kind, name, event_types, tenant_id, timeout_ms, deleted_at IS NOT NULL AS deleted FROM webhooks ORDER BY url`,
  )

test('each URL becomes one webhook of the installation, however many processes start', async () => {
  await Promise.all([ensureConfiguredWebhooks(app.core), ensureConfiguredWebhooks(app.core)])
  const common = { event_types: ['ops.alert.*'], tenant_id: null, timeout_ms: 5_000, deleted: false }
  const { host } = new URL(receiver.url)
  expect(await webhooks()).toEqual([
    { ...common, url: `${receiver.url}/a`, kind: 'SLACK', name: `Alerts to ${host}` },
    { ...common, url: `${receiver.url}/b`, kind: 'STANDARD', name: `Alerts to ${host}` },
  ])
  expect(await app.sql(`SELECT actor_kind, action FROM audit_entries WHERE action = 'webhook.create'`)).toEqual(
    Array(2).fill({ actor_kind: 'SYSTEM', action: 'webhook.create' }),
  )
})

test('a webhook that an operator deleted is not created again', async () => {
  await ensureConfiguredWebhooks(app.core)
  const { webhooks: list } = await app.ok<{ webhooks: { nodes: { id: string }[] } }>('{ webhooks { nodes { id } } }')
  await app.ok('mutation ($id: ID!) { deleteWebhook(id: $id) { deletedId } }', { id: list.nodes[0]?.id })
  await ensureConfiguredWebhooks(app.core)
  expect(await webhooks()).toHaveLength(2)
})

test('an address that webhooks may not reach stops the start, with the name of the setting', async () => {
  const env = { ...app.core.env, ALERT_WEBHOOKS: [{ kind: 'SLACK' as const, url: 'http://169.254.169.254/token-1' }] }
  const starting = ensureConfiguredWebhooks({ ...app.core, env })
  await expect(starting).rejects.toThrow(/^ALERT_WEBHOOKS: entry 1 \(169\.254\.169\.254\) is refused: /)
  await expect(starting).rejects.not.toThrow(/token-1/)
  expect(await webhooks()).toHaveLength(2)
})
