import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  acknowledge,
  alertsOfRule,
  evaluateNow,
  makeRule,
  OTHER,
  publishMany,
  resolve,
  updateRule,
} from '../../../test/features/alerts.ts'
import { ACME } from '../../../test/features/deliveries.ts'
import { createTestClock, startTestApp, type TestApp, until } from '../../../test/harness.ts'
import { subscribe } from '../../../test/streams.ts'

/** Without a worker: an evaluation happens only when a test requests it. Each test has its own event type. */
let app: TestApp
const clock = createTestClock()
beforeAll(async () => {
  app = await startTestApp({ clock })
})
afterAll(() => app.stop())

let tests = 0
/** A rule, and a publisher of events that it counts. */
async function counting(over: object = {}) {
  const type = `job${++tests}.failed`
  const rule = await makeRule(app, { eventType: type, ...over })
  return {
    rule,
    type,
    publish: (count: number, parts: object = {}) => publishMany(app, count, { type, ...parts }),
    evaluate: () => evaluateNow(app),
    alerts: () => alertsOfRule(app, rule),
    alert: async () => (await alertsOfRule(app, rule)).at(-1)!,
  }
}
const changes = (alert: { timeline: { change: string }[] }) => alert.timeline.map(({ change }) => change)

test('an alert is raised once, repeats at its interval, and is resolved when its window is empty', async () => {
  const { publish, evaluate, alerts, alert } = await counting({ repeatIntervalSeconds: 100, windowSeconds: 300 })
  await publish(2)
  await evaluate()
  expect(await alerts()).toEqual([])
  await publish(1)
  for (let i = 0; i < 3; i++) await evaluate()
  await publish(1)
  await evaluate()
  expect(await alert()).toMatchObject({ status: 'FIRING', matched: 4, threshold: 3 })
  expect(changes(await alert())).toEqual(['RAISED'])

  await app.travel(101_000)
  for (let i = 0; i < 2; i++) await evaluate()
  expect(changes(await alert())).toEqual(['RAISED', 'REPEATED'])
  await app.travel(300_000)
  await evaluate()
  expect(await alert()).toMatchObject({
    status: 'RESOLVED',
    timeline: [{}, {}, { change: 'RESOLVED', note: expect.stringMatching(/^No event matched within 5 min/) }],
  })
  await publish(3)
  await evaluate()
  expect((await alerts()).map(({ status }) => status)).toEqual(['RESOLVED', 'FIRING'])
})

test('the timeline shows who acknowledged and resolved, with a note and an event; an acknowledged alert does not repeat', async () => {
  const { publish, evaluate, alert, alerts, rule } = await counting({ repeatIntervalSeconds: 60 })
  await publish(3)
  await evaluate()
  const { id } = await alert()
  await acknowledge(app, id, 'on it')
  await acknowledge(app, id, 'again')
  await app.travel(61_000)
  await evaluate()
  expect(await alert()).toMatchObject({
    status: 'ACKNOWLEDGED',
    acknowledgedBy: { id: expect.stringMatching(/^key_/) },
  })
  await resolve(app, id, 'restarted it')
  const { timeline } = await app
    .ok<{ node: { timeline: object[] } }>(
      'query ($id: ID!) { node(id: $id) { ... on Alert { timeline { change status note actor { id } event { type payload } } } } }',
      { id },
      { as: ACME },
    )
    .then(({ node }) => node)
  const actor = { id: expect.stringMatching(/^key_/) }
  expect(timeline).toMatchObject([
    {
      change: 'RAISED',
      status: 'FIRING',
      actor: null,
      event: { type: 'ops.alert.raised', payload: { rule, alert: id } },
    },
    { change: 'ACKNOWLEDGED', status: 'ACKNOWLEDGED', note: 'on it', actor, event: { type: 'ops.alert.acknowledged' } },
    { change: 'RESOLVED', status: 'RESOLVED', note: 'restarted it', actor, event: { type: 'ops.alert.resolved' } },
  ])
  // The events of an alert that a user resolved do not raise it again.
  await evaluate()
  expect(await alerts()).toHaveLength(1)
  await publish(3)
  await evaluate()
  expect(await alerts()).toHaveLength(2)
  const refused = await app.fails(
    'mutation ($id: ID!) { acknowledgeAlert(id: $id) { alert { id } } }',
    { id },
    { as: ACME },
  )
  expect(refused).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('RESOLVED') })
  const theirs = await app.fails(
    'mutation ($id: ID!) { resolveAlert(id: $id) { alert { id } } }',
    { id },
    { as: OTHER },
  )
  expect(theirs.code).toBe('NOT_FOUND')
})

test.each([
  ['deleted', 'mutation ($id: ID!) { deleteAlertRule(id: $id) { deletedId } }', 'The rule was deleted.'],
  [
    'disabled',
    'mutation ($id: ID!) { setAlertRuleEnabled(id: $id, enabled: false) { __typename } }',
    'The rule was disabled.',
  ],
])('an alert whose rule is %s is resolved with that reason', async (_how, mutation, note) => {
  const { publish, evaluate, alert, rule } = await counting()
  await publish(3)
  await evaluate()
  await app.ok(mutation, { id: rule }, { as: ACME })
  await evaluate()
  expect(await alert()).toMatchObject({ status: 'RESOLVED', rule: { id: rule } })
  expect((await alert()).timeline.at(-1)).toMatchObject({
    change: 'RESOLVED',
    note,
    event: { type: 'ops.alert.resolved' },
  })
})

test('an alert follows the edited rule', async () => {
  const { publish, evaluate, alert, alerts, rule } = await counting()
  await publish(3)
  await evaluate()
  // Its events still reach the lower threshold, and a longer window has at least the same events.
  await updateRule(app, rule, { threshold: 2, windowSeconds: 600 })
  await evaluate()
  expect(changes(await alert())).toEqual(['RAISED'])
  await updateRule(app, rule, { threshold: 9 })
  await evaluate()
  expect(await alert()).toMatchObject({ status: 'RESOLVED' })
  // Stored events count for an edited rule too.
  await updateRule(app, rule, { threshold: 3 })
  await evaluate()
  expect(await alerts()).toHaveLength(2)
  await updateRule(app, rule, { groupBy: ['source'] })
  await evaluate()
  expect((await alerts()).map(({ status, group }) => [status, group])).toEqual([
    ['RESOLVED', {}],
    ['RESOLVED', {}],
    ['FIRING', { source: 'scheduler' }],
  ])
  expect((await alerts())[1]?.timeline.at(-1)?.note).toBe('The rule groups by other fields now.')
})

test('windows use the time at which events are received, not the time that their publisher gives', async () => {
  const { publish, evaluate, alert, alerts } = await counting()
  const occurredAt = (ms: number) => ({ occurredAt: new Date(clock() + ms).toISOString() })
  await publish(1, occurredAt(-86_400_000 * 20))
  await publish(1, occurredAt(240_000))
  await evaluate()
  expect(await alerts()).toEqual([])
  await publish(1)
  await evaluate()
  expect(await alert()).toMatchObject({ status: 'FIRING', matched: 3 })
  await app.travel(301_000)
  await evaluate()
  expect(await alert()).toMatchObject({ status: 'RESOLVED' })
})

test('subscribers get a frame for each change of the alerts within their reach', async () => {
  const follow = 'subscription { alerts { change alert { id status rule { id } } } }'
  type Frame = { alerts: { change: string; alert: { status: string; rule: { id: string } } } }
  const [own, others] = await Promise.all([
    subscribe<Frame>(app, follow, {}, ACME),
    subscribe<Frame>(app, follow, {}, OTHER),
  ])
  const { publish, evaluate, alert, rule } = await counting()
  const theirs = await makeRule(app, { eventType: 'theirs.*', threshold: 1 }, OTHER)
  await publishMany(app, 1, { type: 'theirs.x' }, OTHER)
  await publish(3)
  await evaluate()
  await evaluateNow(app, OTHER)
  const { id } = await alert()
  await acknowledge(app, id)
  await resolve(app, id)
  await until('the frames', () => own.results.length === 3 && others.results.length === 1)
  expect(own.results.map(({ alerts }) => [alerts.change, alerts.alert.rule.id])).toEqual([
    ['RAISED', rule],
    ['ACKNOWLEDGED', rule],
    ['RESOLVED', rule],
  ])
  expect(others.results).toMatchObject([{ alerts: { change: 'RAISED', alert: { rule: { id: theirs } } } }])
  await Promise.all([own.stop(), others.stop()])
})
