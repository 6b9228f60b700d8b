import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ACME,
  alertsOfRule,
  evaluateNow,
  lastEvaluation,
  makeRule,
  publishMany,
} from '../../../test/features/alerts.ts'
import { makeWebhook } from '../../../test/features/deliveries.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

const hook = (name: string, eventTypes = ['nothing']) =>
  makeWebhook(app, { name, url: 'http://127.0.0.1:9/', eventTypes })

const deleteWebhook = (id: string) =>
  app.ok('mutation ($id: ID!) { deleteWebhook(id: $id) { deletedId } }', { id }, { as: ACME })

const webhooksOf = async (rule: string) =>
  (
    await app.ok<{ node: { webhooks: { id: string; deletedAt: string | null }[] } }>(
      'query ($id: ID!) { node(id: $id) { ... on AlertRule { webhooks { id deletedAt } } } }',
      { id: rule },
      { as: ACME },
    )
  ).node.webhooks

const choose = (id: string, webhookIds: string[]) =>
  app.gql(
    'mutation ($id: ID!, $input: UpdateAlertRuleInput!) { updateAlertRule(id: $id, input: $input) { rule { id } } }',
    { id, input: { webhookIds } },
    { as: ACME },
  )

test('a deleted webhook leaves the rules that name it; a rule without another one notifies nobody and says so', async () => {
  const [first, second] = [await hook('first'), await hook('second')]
  const subscribed = await hook('subscribed', ['ops.alert.*'])
  const rule = await makeRule(app, { eventType: 'gone.*', threshold: 1, webhookIds: [first.id, second.id] })

  await deleteWebhook(first.id)
  expect(await webhooksOf(rule)).toEqual([{ id: second.id, deletedAt: null }])
  await evaluateNow(app)
  expect((await lastEvaluation(app, rule)).explanation).not.toContain('deleted')

  await deleteWebhook(second.id)
  expect(await webhooksOf(rule)).toEqual([{ id: second.id, deletedAt: expect.any(String) }])
  const words = 'Nobody is notified: every webhook that the rule names was deleted. Choose others in the rule.'
  await evaluateNow(app)
  expect((await lastEvaluation(app, rule)).explanation).toContain(words)
  await publishMany(app, 1, { type: 'gone.away' })
  await evaluateNow(app)
  const [alert] = await alertsOfRule(app, rule)
  expect(alert).toMatchObject({ status: 'FIRING', reason: expect.stringContaining(words) })
  expect(alert!.timeline[0]).toMatchObject({ change: 'RAISED', recipients: 0 })
  expect(await app.sql(`SELECT FROM deliveries WHERE event_type LIKE 'ops.alert.%'`)).toEqual([])

  // A client that sends the present choice with an edit keeps it; another choice replaces it.
  expect((await choose(rule, [second.id])).errors).toBeUndefined()
  expect(await webhooksOf(rule)).toMatchObject([{ id: second.id }])
  expect((await choose(rule, [second.id, subscribed.id])).errors).toBeUndefined()
  expect(await webhooksOf(rule)).toEqual([{ id: subscribed.id, deletedAt: null }])
  expect((await choose(rule, [second.id])).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
})

test('an alert whose chosen webhooks are disabled does not blame their subscriptions', async () => {
  const chosen = await hook('off')
  const rule = await makeRule(app, { eventType: 'off.*', threshold: 1, webhookIds: [chosen.id] })
  await app.sql(`UPDATE webhooks SET state = 'DISABLED' WHERE name = 'off'`)
  await publishMany(app, 1, { type: 'off.now' })
  await evaluateNow(app)
  expect((await lastEvaluation(app, rule)).explanation).toContain(
    'Nobody is notified: no webhook that the rule names is enabled.',
  )
})
