import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ACME,
  alertsOfRule,
  evaluateNow,
  makeRule,
  OTHER,
  publishMany,
  updateRule,
} from '../../../test/features/alerts.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

test('an explanation counts the events by the conditions with which the alert was raised', async () => {
  const type = 'job.failed'
  const rule = await makeRule(app, { eventType: type, source: 'api-*', threshold: 2 })
  await publishMany(app, 2, { type, source: 'api-eu' })
  await publishMany(app, 1, { type, source: 'web' })
  await evaluateNow(app)
  const [alert] = await alertsOfRule(app, rule)
  const id = alert?.id
  await updateRule(app, rule, { eventType: 'something.else' })
  const { explainIncident } = await app.ok<{ explainIncident: { facts: { text: string }[] } }>(
    'mutation ($id: ID!) { explainIncident(input: { alertId: $id }) { facts { text } } }',
    { id },
    { as: ACME },
  )
  const counted = explainIncident.facts.filter(({ text }) => text.includes('came from'))
  expect(counted).toMatchObject([{ text: expect.stringContaining(`2 events "${type}" (ERROR) came from "api-eu"`) }])
  const theirs = await app.fails(
    'mutation ($id: ID!) { explainIncident(input: { alertId: $id }) { facts { text } } }',
    { id },
    { as: OTHER },
  )
  expect(theirs).toMatchObject({ code: 'NOT_FOUND' })
})
