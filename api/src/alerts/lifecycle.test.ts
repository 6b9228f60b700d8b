import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { age, alertsOf, evaluateNow, lastEvaluation, makeRule, publishMany } from '../../test/alerts.ts'
import { makeWebhook } from '../../test/deliveries.ts'
import { startTestApp, type TestApp, until } from '../../test/harness.ts'
import { ok, startReceiver } from '../../test/receivers.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ worker: true })
})
afterAll(() => app.stop())

describe('an alert', () => {
  test('is raised once, told of at its webhook, and resolved', async () => {
    const receiver = await startReceiver(ok())
    await makeWebhook(app, { name: 'ops', url: receiver.url, kind: 'SLACK', eventTypes: ['ops.alert.*'] })
    const rule = await makeRule(app)
    await publishMany(app, 2)
    await publishMany(app, 2)
    await until('the message', () => receiver.requests.length === 1)
    expect(JSON.parse(receiver.requests[0]!.body).text).toContain('*Matched:* 4/3 events in 300s')
    expect(await alertsOf(app)).toMatchObject([
      {
        status: 'FIRING',
        matched: 4,
        threshold: 3,
        rule: { id: rule },
        timeline: [{ change: 'RAISED', recipients: 1, event: { type: 'ops.alert.raised' } }],
      },
    ])
    await age(app, 400)
    expect(await evaluateNow(app)).toEqual({ evaluated: 1, raised: 0, resolved: 1 })
    await until('the message that it is over', () => receiver.requests.length === 2)
    expect(await alertsOf(app)).toMatchObject([
      { status: 'RESOLVED', timeline: [{ change: 'RAISED' }, { change: 'RESOLVED', recipients: 1 }] },
    ])
    expect(await lastEvaluation(app, rule)).toMatchObject({
      outcome: 'RESOLVED',
      matched: 0,
      explanation: 'No event matched within 5 min; the threshold is 3. The alert is resolved. 1 webhook is notified.',
    })
    await receiver.close()
  })
})
