import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACME, alertsOfRule, evaluateNow, makeRule, OTHER } from '../../../test/features/alerts.ts'
import { makeWebhook, publish, seedDelivery } from '../../../test/features/deliveries.ts'
import { startTestApp, type TestApp, until } from '../../../test/harness.ts'
import { ok, type Receiver, startReceiver, status } from '../../../test/servers/receivers.ts'

let app: TestApp
let receiver: Receiver
beforeAll(async () => {
  app = await startTestApp({ worker: true })
  receiver = await startReceiver(ok())
})
afterAll(async () => {
  await app.stop()
  await receiver.close()
})

interface Suggestion {
  count: number
  likely: number
  likelihood: number
  reason: string
  webhook: { id: string }
  filter: object
  sample: { id: string }[]
}

const suggestion = async (alert: string) =>
  (
    await app.ok<{ node: { suggestedReplay: Suggestion | null } }>(
      'query ($id: ID!) { node(id: $id) { ... on Alert { suggestedReplay { count likely likelihood reason webhook { id } filter sample { id } } } } }',
      { id: alert },
      { as: ACME },
    )
  ).node.suggestedReplay

/** Announces dead letters of a webhook, and returns the id of the alert that they raise. */
async function announce(webhook: string, rule: string): Promise<string> {
  await app.pipeline.publisher.publishAsSystem('aetherlink', {
    type: 'webhook.dead_letters',
    tenantId: 'tenant-acme',
    subject: webhook,
    payload: { webhookId: webhook, count: 2 },
  })
  await evaluateNow(app)
  return until('the alert', async () => {
    const alerts = await alertsOfRule(app, rule)
    return alerts.find(({ group }) => group.subject === webhook)?.id
  })
}

test('an alert about a webhook offers the deliveries that died in its outage, once the webhook is healthy again', async () => {
  const hook = { url: receiver.url, eventTypes: ['order.*'], retrySchedule: [], circuitBreaker: false }
  const { id: webhook } = await makeWebhook(app, { name: 'billing', ...hook })
  const rule = await makeRule(app, { eventType: 'webhook.dead_letters', threshold: 1, groupBy: ['subject'] })
  const deliver = async (outcome: string) => {
    const event = await publish(app)
    return until(`a delivery is ${outcome}`, async () => {
      const { node } = await app.ok<{ node: { deliveries: { nodes: { id: string; status: string }[] } } }>(
        'query ($id: ID!) { node(id: $id) { ... on Event { deliveries { nodes { id status } } } } }',
        { id: event },
        { as: ACME },
      )
      return node.deliveries.nodes.find((delivery) => delivery.status === outcome)?.id
    })
  }

  receiver.behave(status(500))
  const earlier = await deliver('DEAD_LETTER')
  receiver.behave(ok())
  await deliver('DELIVERED')
  // An hour without dead letters passes.
  await app.sql(`UPDATE deliveries SET completed_at = completed_at - interval '1 hour'`)
  receiver.behave(status(503))
  const lost = [await deliver('DEAD_LETTER'), await deliver('DEAD_LETTER')]
  const alert = await announce(webhook, rule)
  expect(await suggestion(alert)).toBeNull()

  receiver.behave(ok())
  await deliver('DELIVERED')
  const offered = await until('the offer', () => suggestion(alert))
  expect(offered).toMatchObject({ count: 2, webhook: { id: webhook } })
  // The forecast is that of the deliveries themselves.
  const { nodes } = await app.ok<{ nodes: { forecast: { likelihood: number; basis: string } }[] }>(
    'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Delivery { forecast { likelihood basis } } } }',
    { ids: lost },
    { as: ACME },
  )
  const mean = nodes.reduce((sum, { forecast }) => sum + forecast.likelihood, 0) / nodes.length
  expect(offered.likelihood).toBeCloseTo(mean, 1)
  expect(offered.reason).toContain(nodes[0]!.forecast.basis)
  expect(offered.sample.map(({ id }) => id).sort()).toEqual(lost.sort())
  // The filter finds exactly these, without the dead letter from before the outage.
  const { deliveries } = await app.ok<{ deliveries: { nodes: { id: string }[] } }>(
    'query ($filter: DeliveryFilter) { deliveries(filter: $filter) { nodes { id } } }',
    { filter: offered.filter },
    { as: ACME },
  )
  expect(deliveries.nodes.map(({ id }) => id).sort()).toEqual(lost)
  expect(lost).not.toContain(earlier)

  for (const id of lost)
    await app.ok('mutation ($id: ID!) { replayDelivery(id: $id) { delivery { id } } }', { id }, { as: ACME })
  await until('nothing is left to offer', async () => (await suggestion(alert)) === null)
})

const MINUTE = 60_000

test('successes between dead letters, and before the alert is raised, do not end the outage that it reports', async () => {
  const { id: webhook } = await makeWebhook(app, { name: 'flapping', url: receiver.url, eventTypes: ['nothing'] })
  const rule = await makeRule(app, { eventType: 'webhook.dead_letters', threshold: 1, groupBy: ['subject'] })
  const seed = (state: string, age: number) =>
    seedDelivery(app, { webhook, status: state, age, ...(state === 'DEAD_LETTER' && { kind: 'HTTP_5XX', error: 'x' }) })
  await seed('DEAD_LETTER', 40 * MINUTE)
  await seed('DELIVERED', 39 * MINUTE)
  const died = [await seed('DEAD_LETTER', 4 * MINUTE), await seed('DEAD_LETTER', 2 * MINUTE)]
  await seed('DELIVERED', 3 * MINUTE)
  await seed('DELIVERED', MINUTE)
  const alert = await announce(webhook, rule)
  const offered = await suggestion(alert)
  expect(offered).toMatchObject({ count: 2 })
  expect(offered!.sample).toHaveLength(2)

  // The receiver fails once more while the alert is open: the webhook is not healthy, and then all three are offered.
  died.push(await seed('DEAD_LETTER', -MINUTE))
  expect(await suggestion(alert)).toBeNull()
  await seed('DELIVERED', -2 * MINUTE)
  expect(await suggestion(alert)).toMatchObject({ count: died.length })
})

test('a webhook that an operator resumes is healthy only when it has delivered something', async () => {
  const { id: webhook } = await makeWebhook(app, { name: 'resumed', url: receiver.url, eventTypes: ['nothing'] })
  const rule = await makeRule(app, { eventType: 'webhook.dead_letters', threshold: 1, groupBy: ['subject'] })
  await seedDelivery(app, { webhook, status: 'DELIVERED', age: 3 * MINUTE })
  await seedDelivery(app, { webhook, status: 'DEAD_LETTER', age: 2 * MINUTE, kind: 'HTTP_5XX', error: 'x' })
  await app.sql(
    `UPDATE webhooks SET state = 'DISABLED', circuit = 'OPEN', failing_since = now() WHERE name = 'resumed'`,
  )
  const alert = await announce(webhook, rule)
  await app.ok('mutation ($id: ID!) { resumeWebhook(id: $id) { __typename } }', { id: webhook }, { as: ACME })
  expect(await suggestion(alert)).toBeNull()
  await seedDelivery(app, { webhook, status: 'DELIVERED' })
  expect(await suggestion(alert)).toMatchObject({
    count: 1,
    reason: expect.stringContaining('accepts deliveries again'),
  })
})

test('an alert and its message name the webhook that the alert is about, unless it belongs to another tenant', async () => {
  const { id: own } = await makeWebhook(app, { name: 'shipping', url: receiver.url, eventTypes: ['nothing'] })
  const { id: foreign } = await makeWebhook(app, { name: 'secret', eventTypes: ['nothing'] }, OTHER)
  const rule = await makeRule(app, { eventType: 'webhook.dead_letters', threshold: 1, groupBy: ['subject'] })
  const named = async (webhook: string) => {
    const alert = await announce(webhook, rule)
    const { node } = await app.ok<{ node: { webhook: { name: string } | null } }>(
      'query ($id: ID!) { node(id: $id) { ... on Alert { webhook { name } } } }',
      { id: alert },
      { as: ACME },
    )
    const [message] = await until('the alert is published', async () => {
      const rows = await app.sql<{ payload: { webhookName?: string } }>(
        `SELECT payload FROM events WHERE type = 'ops.alert.raised' AND subject = $1`,
        [alert],
      )
      return rows.length > 0 && rows
    })
    return { field: node.webhook?.name, message: message!.payload.webhookName }
  }
  expect(await named(own)).toEqual({ field: 'shipping', message: 'shipping' })
  expect(await named(foreign)).toEqual({ field: undefined, message: undefined })
})
