import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACME, makeWebhook, OTHER, publish } from '../../test/features/deliveries.ts'
import { type As, startTestApp, type TestApp } from '../../test/harness.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.stop())

test("an event's explanation shows a viewer its own webhooks only", async () => {
  const mine = await makeWebhook(app, { name: 'mine', eventTypes: ['other.*'] })
  const everywhere = await makeWebhook(app, { name: 'everywhere', minSeverity: 'CRITICAL' }, { role: 'ADMIN' })
  const theirs = await makeWebhook(app, { name: 'theirs' }, OTHER)
  const event = await publish(app, { type: 'explained' })
  const later = await makeWebhook(app, { name: 'later' })
  const explain = async (as: As) => {
    const { node } = await app.ok<{
      node: { deliveryExplanation: { webhook: { id: string }; outcome: string; reason: string }[] }
    }>(
      'query ($id: ID!) { node(id: $id) { ... on Event { deliveryExplanation { webhook { id } outcome reason } } } }',
      { id: event },
      { as },
    )
    return new Map(node.deliveryExplanation.map((row) => [row.webhook.id, row]))
  }
  const bound = await explain(ACME)
  expect(bound.get(mine.id)).toMatchObject({
    outcome: 'NOT_SUBSCRIBED',
    reason: 'its globs [other.*] do not match explained',
  })
  expect(bound.get(later.id)).toMatchObject({ outcome: 'WEBHOOK_CREATED_LATER' })
  expect([bound.has(everywhere.id), bound.has(theirs.id)]).toEqual([false, false])
  const unbound = await explain({ role: 'VIEWER' })
  expect(unbound.get(everywhere.id)).toMatchObject({
    outcome: 'NOT_SUBSCRIBED',
    reason: 'its minimum severity CRITICAL is above INFO',
  })
  expect(unbound.has(theirs.id)).toBe(false)
})
