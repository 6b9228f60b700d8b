import { afterAll, beforeAll, expect, test } from 'vitest'
import { alertsOf, evaluateNow, makeRule, publishMany } from '../../test/features/alerts.ts'
import { startTestApp, type TestApp } from '../../test/harness.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ worker: true })
})
afterAll(() => app.stop())

test('setRetention(ALERTS) decides when resolved alerts are deleted, with their timelines; open alerts stay', async () => {
  await makeRule(app, { eventType: 'old.*', threshold: 1, groupBy: ['type'] })
  await publishMany(app, 3, (i) => ({ type: `old.${i}` }))
  await evaluateNow(app)
  const [first, second, open] = await alertsOf(app)
  for (const alert of [first, second])
    await app.ok('mutation ($id: ID!) { resolveAlert(id: $id) { alert { id } } }', { id: alert?.id })
  await app.sql(`UPDATE alerts SET resolved_at = now() - interval '9 days' WHERE group_values ->> 'type' = $1`, [
    first?.group.type,
  ])
  await app.sql(`UPDATE alerts SET started_at = now() - interval '900 days' WHERE group_values ->> 'type' = $1`, [
    open?.group.type,
  ])
  const setDays = (days: number) =>
    app.ok('mutation ($days: Int!) { setRetention(subject: ALERTS, retentionDays: $days) { __typename } }', { days })

  await setDays(10)
  await app.retention?.pruner.prune()
  expect(await alertsOf(app)).toHaveLength(3)
  await setDays(8)
  await app.retention?.pruner.prune()
  expect((await alertsOf(app)).map(({ id }) => id)).toEqual([second?.id, open?.id])
  expect(
    await app.sql('SELECT FROM alert_transitions t WHERE NOT EXISTS (SELECT FROM alerts a WHERE a.id = t.alert_id)'),
  ).toEqual([])
  expect(await app.sql('SELECT DISTINCT alert_id FROM alert_transitions')).toHaveLength(2)
})
