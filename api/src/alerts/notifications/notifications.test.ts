import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  age,
  alertsOfRule,
  evaluateNow,
  makeRule,
  makeSilence,
  publishMany,
  resolve,
  updateRule,
} from '../../../test/features/alerts.ts'
import { ACME, makeWebhook } from '../../../test/features/deliveries.ts'
import { startTestApp, type TestApp, until } from '../../../test/harness.ts'
import { ok, type Receiver, startReceiver } from '../../../test/servers/receivers.ts'

let app: TestApp
let receiver: Receiver
beforeAll(async () => {
  const env = { WEB_URL: 'https://console.example', ALERT_GROUP_WAIT_MS: '1000' }
  app = await startTestApp({ worker: true, env })
  receiver = await startReceiver(ok())
})
afterAll(async () => {
  await app.stop()
  await receiver.close()
})
let path: string
let tests = 0
beforeEach(() => {
  path = `/${++tests}`
})

const url = (at = '') => `${new URL(receiver.url).origin}${path}${at}`
const hook = (over: object = {}) => makeWebhook(app, { url: url(), eventTypes: ['nothing'], ...over })
const received = (at: string = path) => receiver.requests.filter((request) => request.path === at)
const body = (at?: string) => JSON.parse(received(at)[0]!.body)
const explanationOf = async (eventId: string, webhookId: string) => {
  const { node } = await app.ok<{
    node: { deliveryExplanation: { webhook: { id: string }; outcome: string; reason: string }[] }
  }>(
    'query ($id: ID!) { node(id: $id) { ... on Event { deliveryExplanation { webhook { id } outcome reason } } } }',
    { id: eventId },
    { as: ACME },
  )
  return node.deliveryExplanation.find(({ webhook }) => webhook.id === webhookId)
}
const eventsOfRule = (rule: string) =>
  app.ok<{ alerts: { nodes: { timeline: { change: string; recipients: number; event: { id: string } }[] }[] } }>(
    'query ($rule: ID!) { alerts(filter: { ruleId: $rule }) { nodes { timeline { change recipients event { id } } } } }',
    { rule },
    { as: ACME },
  )

test('the message of each format: the rule, the reason, the events, and a link into the console', async () => {
  const kinds = ['SLACK', 'TEAMS', 'DISCORD', 'STANDARD'] as const
  const hooks = []
  for (const kind of kinds) hooks.push(await hook({ kind, url: url(`/${kind}`) }))
  const rule = await makeRule(app, {
    name: 'jobs fail',
    eventType: 'format.*',
    source: 'sched*',
    severity: 'ERROR',
    webhookIds: hooks.map(({ id }) => id),
  })
  await publishMany(app, 3, { type: 'format.failed' })
  await until('four messages', () => kinds.every((kind) => received(`${path}/${kind}`).length === 1))
  const [alert] = await alertsOfRule(app, rule)
  const link = `https://console.example/alerts/${alert?.id}`

  const { text } = body(`${path}/SLACK`) as { text: string }
  expect(text).toMatch(/^:rotating_light: \*AetherLink Alert Triggered\*/)
  for (const part of [
    '*Rule:* `jobs fail`',
    '*Severity:* ERROR',
    '*Source:* `scheduler`',
    '*Matched:* 3/3 events in 300s',
    '`format.*`',
    '`sched*`',
    '*Reason:*',
    '`format.failed` from `scheduler`',
    `<${link}|`,
  ])
    expect(text).toContain(part)
  const [card] = body(`${path}/TEAMS`).attachments
  expect(card.content.actions).toMatchObject([{ type: 'Action.OpenUrl', url: link }])
  expect(JSON.stringify(card)).toContain('3/3 events in 300s')
  expect(body(`${path}/DISCORD`)).toMatchObject({ embeds: [{ url: link }], allowed_mentions: { parse: [] } })

  const [signed] = received(`${path}/STANDARD`)
  const headers = signed!.headers as Record<string, string>
  expect(new Webhook(hooks[3]!.secret).verify(signed!.body, headers)).toMatchObject({
    type: 'ops.alert.raised',
    data: { rule, alert: alert?.id, matched: 3, threshold: 3, link, status: 'FIRING' },
  })
})

test('alerts of one rule that fire within seconds of each other are one message, and so is their end', async () => {
  await hook({ kind: 'SLACK', eventTypes: ['ops.alert.*'] })
  const rule = await makeRule(app, { eventType: 'group.*', threshold: 1, groupBy: ['payload.host'] })
  for (const host of ['a', 'b', 'c']) await publishMany(app, 1, { type: 'group.x', payload: { host } })
  await until('the message', () => received().length > 0)
  const alerts = await until('three alerts with a published event', async () => {
    const found = await alertsOfRule(app, rule)
    return found.length === 3 && found.every(({ timeline }) => timeline[0]?.event) ? found : null
  })
  expect(received()).toHaveLength(1)
  expect(body().text).toContain('AetherLink Alert Triggered: 3 alerts')
  for (const host of ['a', 'b', 'c']) expect(body().text).toContain(`payload.host=${host}`)
  expect(alerts.map(({ timeline }) => timeline[0]?.recipients)).toEqual([1, 1, 1])

  const { nodes } = (await eventsOfRule(rule)).alerts
  const [webhook] = await app.sql<{ id: string }>(`SELECT id FROM webhooks WHERE url = $1`, [url()])
  expect(webhook).toBeDefined()
  const outcomes = await Promise.all(
    nodes.map(async ({ timeline }) => {
      const { node } = await app.ok<{ node: { deliveryExplanation: { reason: string; webhook: { url: string } }[] } }>(
        'query ($id: ID!) { node(id: $id) { ... on Event { deliveryExplanation { reason webhook { url } } } } }',
        { id: timeline[0]?.event.id },
        { as: ACME },
      )
      return node.deliveryExplanation.find(({ webhook: { url } }) => url.endsWith(path))?.reason
    }),
  )
  expect(outcomes.filter((reason) => reason?.startsWith('it was delivered'))).toHaveLength(1)
  expect(outcomes.filter((reason) => reason?.includes('several alerts share one message'))).toHaveLength(2)
  for (const { id } of alerts) await resolve(app, id)
})

test('a rule with chosen webhooks notifies only these, and the explanation of its event states that', async () => {
  const chosen = await hook({ url: url('/chosen') })
  const subscribed = await hook({ url: url('/subscribed'), eventTypes: ['ops.*'] })
  const rule = await makeRule(app, { name: 'billing', eventType: 'chosen.*', webhookIds: [chosen.id] })
  await publishMany(app, 3, { type: 'chosen.x' })
  await until('the message', () => received(`${path}/chosen`).length === 1)
  const [raised] = (await eventsOfRule(rule)).alerts.nodes[0]!.timeline
  const reasonFor = async (webhookId: string) => explanationOf(raised!.event.id, webhookId)
  await until('it is recorded', async () => (await reasonFor(chosen.id))?.outcome === 'DELIVERED')
  expect((await reasonFor(chosen.id))?.reason).toMatch(/; the alert rule "billing" notifies this webhook$/)
  expect(await reasonFor(subscribed.id)).toMatchObject({
    outcome: 'NOT_SUBSCRIBED',
    reason: 'the alert rule "billing" notifies other webhooks',
  })
  expect(received(`${path}/subscribed`)).toEqual([])
})

test('a silenced alert publishes its event and sends nothing', async () => {
  const webhook = await hook()
  const rule = await makeRule(app, { eventType: 'quiet.*', webhookIds: [webhook.id] })
  await makeSilence(app, { matchers: { rule } })
  await publishMany(app, 3, { type: 'quiet.x' })
  const raised = await until('the event', async () => {
    const [entry] = (await eventsOfRule(rule)).alerts.nodes[0]?.timeline ?? []
    return entry?.event ? entry : null
  })
  expect(raised).toMatchObject({ change: 'RAISED', recipients: 0 })
  expect(await explanationOf(raised.event.id, webhook.id)).toMatchObject({
    outcome: 'NOT_SUBSCRIBED',
    reason: expect.stringContaining('a silence suppressed the notification'),
  })
  expect(received()).toEqual([])
})

test('receivers of a firing alert are notified of its end', async () => {
  await hook({ kind: 'SLACK', eventTypes: ['ops.alert.*'] })
  const rule = await makeRule(app, { eventType: 'over.*' })
  await publishMany(app, 4, { type: 'over.x' })
  await until('the message', () => received().length === 1)
  await age(app, 400)
  await evaluateNow(app)
  await until('the message that it is over', () => received().length === 2)
  expect(JSON.parse(received()[1]!.body).text).toMatch(/^:white_check_mark: \*AetherLink Alert Resolved\*/)
  const resolved = await until('the evaluation is logged', async () => {
    const { node } = await app.ok<{ node: { evaluations: { outcome: string; explanation: string }[] } }>(
      'query ($id: ID!) { node(id: $id) { ... on AlertRule { evaluations { outcome explanation } } } }',
      { id: rule },
      { as: ACME },
    )
    return node.evaluations.find(({ outcome }) => outcome === 'RESOLVED')
  })
  expect(resolved.explanation).toMatch(
    /^No event matched within 5 min; the threshold is 3\. The alert is resolved\. \d webhooks? (?:is|are) notified\.$/,
  )
})

test('the end of an alert under an edited rule states the facts of the edited rule, like its reason', async () => {
  const { id } = await hook()
  const rule = await makeRule(app, { eventType: 'edited.*', webhookIds: [id] })
  await publishMany(app, 3, { type: 'edited.x' })
  await until('the message', () => received().length === 1)
  await updateRule(app, rule, { threshold: 9, windowSeconds: 600, eventType: 'edited.x' })
  await until('the message that it is over', () => received().length === 2)
  const [raised, resolved] = received().map((request) => JSON.parse(request.body).data)
  expect(raised).toMatchObject({ matched: 3, threshold: 3, windowSeconds: 300, filters: { eventType: 'edited.*' } })
  expect(resolved).toMatchObject({
    matched: 3,
    threshold: 9,
    windowSeconds: 600,
    filters: { eventType: 'edited.x' },
    reason: expect.stringContaining('3 events matched within 10 min; the threshold is 9.'),
  })
})
