import { afterAll, beforeAll, expect, test } from 'vitest'
import { alertsOf } from '../../../test/features/alerts.ts'
import { makeWebhook, seedDelivery } from '../../../test/features/deliveries.ts'
import { startTestApp, type TestApp, until } from '../../../test/harness.ts'
import { ok, startReceiver } from '../../../test/servers/receivers.ts'
import { ensureBuiltinTypes } from '../../events/catalogue/builtin-types.ts'
import { type Alerting, createAlerting } from '../alerting.ts'
import { SELF_WATCHING } from '../templates/builtin-templates.ts'
import { ensureDefaultRules } from './default-rules.ts'

/** Without a worker, so that waiting deliveries keep waiting; the test itself does the periodic work. */
let app: TestApp
let alerting: Alerting
beforeAll(async () => {
  app = await startTestApp()
  await ensureBuiltinTypes(app.core.db)
  await ensureDefaultRules(app.core)
  alerting = createAlerting(app.core, app.pipeline.publishInTransaction)
})
afterAll(async () => {
  await alerting.stop()
  await app.stop()
})

const ADMIN = { role: 'ADMIN' } as const
const eventsOf = (type: string) =>
  app.sql<{ tenant_id: string | null; subject: string | null; payload: Record<string, unknown> }>(
    'SELECT tenant_id, subject, payload FROM events WHERE type = $1 ORDER BY seq',
    [type],
  )
const firing = async (name: string) =>
  (await alertsOf(app, { statuses: ['FIRING'] }, ADMIN)).filter(({ rule }) => rule.name === name)
const rules = () =>
  app.sql<{ id: string; slug: string; enabled: boolean; deleted: boolean }>(
    'SELECT id, default_of AS slug, enabled, deleted_at IS NOT NULL AS deleted FROM alert_rules ORDER BY default_of',
  )

test('dead letters of a webhook are announced once and raise an alert about it; those of alerts do not', async () => {
  await alerting.once()
  const { id } = await makeWebhook(app, { name: 'billing', url: 'https://93.184.215.1/', kind: 'SLACK' })
  const own = await makeWebhook(app)
  // The first look ended a second before its instant; later dead letters belong to the next one.
  const died = { status: 'DEAD_LETTER', age: -1, latency: 0 }
  await seedDelivery(app, { ...died, webhook: id, error: 'https://93.184.215.1/secret answered 500' })
  await seedDelivery(app, { ...died, webhook: id })
  await seedDelivery(app, { ...died, webhook: own.id, type: 'ops.alert.raised' })
  await until('the announcement', async () => {
    await alerting.once()
    return (await eventsOf('webhook.dead_letters')).reduce((sum, { payload }) => sum + Number(payload.count), 0) === 2
  })
  await alerting.once()
  const announced = await eventsOf('webhook.dead_letters')
  expect(announced.reduce((sum, { payload }) => sum + Number(payload.count), 0)).toBe(2)
  for (const event of announced) expect(event).toMatchObject({ tenant_id: 'tenant-acme', subject: id })
  expect(JSON.stringify(announced)).not.toContain('secret')
  expect(await firing('Dead letters growing')).toMatchObject([
    { group: { subject: id }, tenantId: null, tenants: [{ name: 'tenant-acme' }] },
  ])
})

test('deliveries that no worker claims for a minute raise one alert; deliveries on hold do not', async () => {
  const waiting = await makeWebhook(app)
  const paused = await makeWebhook(app)
  await app.ok('mutation ($id: ID!) { pauseWebhook(id: $id) { __typename } }', { id: paused.id })
  await app.sql(`UPDATE webhooks SET updated_at = now() - interval '1 hour'`)
  await seedDelivery(app, { webhook: paused.id, age: 120_000 })
  await seedDelivery(app, { webhook: waiting.id, age: 30_000 })
  await alerting.once()
  expect(await eventsOf('ops.queue.delayed')).toEqual([])

  await seedDelivery(app, { webhook: waiting.id, age: 90_000 })
  await alerting.once()
  await alerting.once()
  const announced = await eventsOf('ops.queue.delayed')
  expect(announced).toMatchObject([{ tenant_id: null, payload: { waiting: 1, webhooks: 1 } }])
  expect(announced[0]?.payload.oldestSeconds).toBeGreaterThanOrEqual(90)
  expect(await firing('Delivery queue delayed')).toHaveLength(1)

  // A webhook that is being served may drain a backlog for ten minutes.
  await app.sql(`UPDATE alert_progress SET at = at - interval '1 hour' WHERE name = 'queue-delayed'`)
  await seedDelivery(app, { webhook: waiting.id, status: 'DELIVERED', attempts: 1 })
  await app.sql(`UPDATE deliveries SET last_attempt_at = now() WHERE status = 'DELIVERED'`)
  await alerting.once()
  expect(await eventsOf('ops.queue.delayed')).toHaveLength(1)
  // After that the workers do not keep up.
  await seedDelivery(app, { webhook: waiting.id, age: 1_200_000 })
  await app.sql(`UPDATE webhooks SET updated_at = now() - interval '5 minutes'`)
  await alerting.once()
  expect(await eventsOf('ops.queue.delayed')).toHaveLength(1)
  await app.sql(`UPDATE webhooks SET updated_at = now() - interval '1 hour'`)
  await alerting.once()
  expect(await eventsOf('ops.queue.delayed')).toMatchObject([{}, { payload: { waiting: 1, webhooks: 1 } }])
  // Unless the webhook's own limits hold its deliveries.
  await app.sql(`UPDATE alert_progress SET at = at - interval '1 hour' WHERE name = 'queue-delayed'`)
  await seedDelivery(app, { webhook: waiting.id, age: 1_000 })
  await app.sql(
    `UPDATE deliveries SET hold_reason = 'RATE_LIMITED' WHERE status = 'PENDING' AND created_at > now() - interval '20 seconds'`,
  )
  await alerting.once()
  expect(await eventsOf('ops.queue.delayed')).toHaveLength(2)
})

test('every template of self-watching has one enabled rule, and counts a built-in event type', async () => {
  await Promise.all([ensureDefaultRules(app.core), ensureDefaultRules(app.core)])
  expect((await rules()).map(({ slug }) => slug)).toEqual(SELF_WATCHING.map(({ slug }) => slug).sort())
  expect((await rules()).every(({ enabled }) => enabled)).toBe(true)
  const types = await app.sql<{ name: string }>('SELECT name FROM event_types')
  for (const { rule } of SELF_WATCHING) expect(types.map(({ name }) => name)).toContain(rule.eventType)
})

test('a default rule that an operator disabled or deleted is not touched', async () => {
  const { alertRules } = await app.ok<{ alertRules: { nodes: { id: string; name: string }[] } }>(
    '{ alertRules(first: 50) { nodes { id name } } }',
  )
  const idOf = (name: string) => alertRules.nodes.find((rule) => rule.name === name)?.id
  await app.ok('mutation ($id: ID!) { setAlertRuleEnabled(id: $id, enabled: false) { __typename } }', {
    id: idOf('Pruning failed'),
  })
  await app.ok('mutation ($id: ID!) { deleteAlertRule(id: $id) { deletedId } }', { id: idOf('Webhook disabled') })
  await ensureDefaultRules(app.core)
  const bySlug = new Map((await rules()).map((rule) => [rule.slug, rule]))
  expect(bySlug.size).toBe(SELF_WATCHING.length)
  expect(bySlug.get('prune-failed')).toMatchObject({ enabled: false, deleted: false })
  expect(bySlug.get('webhook-disabled')).toMatchObject({ deleted: true })
})

test('a receiver that answers 410 disables its webhook, and the alert names it', async () => {
  const worker = await startTestApp({ worker: true })
  const receiver = await startReceiver(ok(410))
  try {
    await ensureDefaultRules(worker.core)
    const { id } = await makeWebhook(worker, { url: receiver.url })
    await worker.ok(
      'mutation { publishEvent(input: { type: "order.created", source: "shop", tenantId: "tenant-acme" }) { event { id } } }',
    )
    const [alert] = await until('the alert', async () => {
      const open = await alertsOf(worker, { statuses: ['FIRING'] }, ADMIN)
      return open.length > 0 ? open : null
    })
    expect(alert).toMatchObject({ rule: { name: 'Webhook disabled' }, group: { subject: id } })
  } finally {
    await worker.stop()
    await receiver.close()
  }
})

test('another worker sends the deliveries of a dead worker, and publishes their number', async () => {
  const worker = await startTestApp({ worker: true })
  const receiver = await startReceiver(ok())
  try {
    const { id } = await makeWebhook(worker, { url: receiver.url })
    const [event] = await worker.sql<{ id: string }>('SELECT gen_random_uuid() AS id')
    // The delivery gets its due time and its lease in one statement: the running worker would send a due delivery that
    // has no lease.
    const seed = { webhook: id, url: receiver.url, event: event!.id, status: 'CANCELLED' }
    const delivery = await seedDelivery(worker, seed)
    await worker.sql(
      `INSERT INTO workers (id, name, started_at, seen_at, steady_since) VALUES (7, 'gone', now(), now() - interval '1 minute', now() - interval '1 hour')`,
    )
    await worker.sql(
      `UPDATE deliveries SET status = 'PENDING', completed_at = NULL, next_attempt_at = now(), wake_at = NULL, lease_owner = 7,
         lease_until = now() + interval '1 hour' WHERE id = $1`,
      [delivery],
    )
    await until('the takeover', () => worker.logs.some(({ msg }) => msg === "took over a dead worker's deliveries"))
    // A worker that stops publishes what it has counted.
    await worker.delivering?.stop(1_000)
    const recovered = await until('the event', async () => {
      const rows = await worker.sql(`SELECT tenant_id, payload FROM events WHERE type = 'ops.deliveries.recovered'`)
      return rows.length > 0 ? rows : null
    })
    expect(recovered).toEqual([{ tenant_id: null, payload: { count: 1 } }])
  } finally {
    await worker.stop()
    await receiver.close()
  }
})
