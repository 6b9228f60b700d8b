import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ACME,
  alertsOfRule,
  evaluateNow,
  lastEvaluation,
  makeRule,
  OTHER,
  publishMany,
} from '../../../test/features/alerts.ts'
import { makeWebhook } from '../../../test/features/deliveries.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { newId, publicId } from '../../kit/ids.ts'

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

const update = (id: string, input: object) =>
  app.gql(
    'mutation ($id: ID!, $input: UpdateAlertRuleInput!) { updateAlertRule(id: $id, input: $input) { rule { id } } }',
    { id, input },
    { as: ACME },
  )
const choose = (id: string, webhookIds: string[]) => update(id, { webhookIds })

const namesOf = async () =>
  (
    await app.ok<{ alertRules: { nodes: { name: string }[] } }>('{ alertRules { nodes { name } } }', {}, { as: ACME })
  ).alertRules.nodes.map(({ name }) => name)

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

test('an update refuses a webhook that does not exist or is not visible, and then changes nothing', async () => {
  const chosen = await hook('kept')
  const theirs = await makeWebhook(app, { name: 'theirs', url: 'http://127.0.0.1:9/' }, OTHER)
  const rule = await makeRule(app, { eventType: 'unknown.*', webhookIds: [chosen.id] })
  for (const unknown of [publicId('whk', newId()), theirs.id, publicId('rul', newId()), 'nonsense']) {
    const [error] = (await update(rule, { name: 'renamed', webhookIds: [chosen.id, unknown] })).errors ?? []
    expect(error?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: ['input', 'webhookIds', '1'], message: expect.stringContaining('there is no webhook') }],
    })
  }
  expect(await webhooksOf(rule)).toEqual([{ id: chosen.id, deletedAt: null }])
  expect(await namesOf()).not.toContain('renamed')
})

test('a deleted webhook stays with the rule through other edits until it is left out; then every subscribed webhook is notified', async () => {
  const chosen = await hook('left out')
  const rule = await makeRule(app, { eventType: 'left.*', threshold: 1, webhookIds: [chosen.id] })
  await deleteWebhook(chosen.id)
  expect((await update(rule, { name: 'another name' })).errors).toBeUndefined()
  expect(await webhooksOf(rule)).toEqual([{ id: chosen.id, deletedAt: expect.any(String) }])

  expect((await choose(rule, [])).errors).toBeUndefined()
  expect(await webhooksOf(rule)).toEqual([])
  const subscribed = await hook('all alerts', ['ops.alert.*'])
  await publishMany(app, 1, { type: 'left.now' })
  await evaluateNow(app)
  const { node } = await app.ok<{ node: { deliveries: { webhook: { id: string } }[] } }>(
    'query ($id: ID!) { node(id: $id) { ... on Alert { deliveries { webhook { id } } } } }',
    { id: (await alertsOfRule(app, rule))[0]!.id },
    { as: ACME },
  )
  expect(node.deliveries).toContainEqual({ webhook: { id: subscribed.id } })
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
