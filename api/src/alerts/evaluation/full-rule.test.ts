import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACME, makeRule, publishMany } from '../../../test/features/alerts.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { uuidOf } from '../../kit/ids.ts'
import { type Alerting, createAlerting } from '../alerting.ts'

let app: TestApp
let alerting: Alerting
beforeAll(async () => {
  app = await startTestApp()
  alerting = createAlerting(app.core, app.pipeline.publishInTransaction)
})
afterAll(async () => {
  await alerting.stop()
  await app.stop()
})

test('a group that raises no alert because the rule has 1,000 open alerts is in the log of evaluations', async () => {
  const rule = await makeRule(app, { eventType: 'full.*', threshold: 1, groupBy: ['payload.host'] })
  const ruleId = uuidOf('rul', rule, 'id')
  const evaluate = async (host: string) => {
    await publishMany(app, 1, { type: 'full.x', payload: { host } })
    const [match] = await app.sql<{ groupKey: string }>(
      'SELECT group_key AS "groupKey" FROM alert_matches WHERE rule_id = $1 ORDER BY seq DESC LIMIT 1',
      [ruleId],
    )
    const counts = await alerting.evaluator.evaluate([{ ruleId, groupKey: match!.groupKey }], { routine: false })
    await alerting.evaluator.log.flush()
    return counts
  }
  expect(await evaluate('first')).toMatchObject({ raised: 1 })
  await app.sql(
    `INSERT INTO alerts SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'group_key', 'copy ' || i))).*
     FROM alerts a, generate_series(2, 1000) AS i WHERE a.rule_id = $1`,
    [ruleId],
  )
  expect(await evaluate('second')).toMatchObject({ raised: 0 })
  const { node } = await app.ok<{ node: { evaluations: { outcome: string; explanation: string; group: object }[] } }>(
    'query ($id: ID!) { node(id: $id) { ... on AlertRule { evaluations { outcome explanation group } } } }',
    { id: rule },
    { as: ACME },
  )
  expect(node.evaluations[0]).toEqual({
    outcome: 'STILL_FIRING',
    group: { 'payload.host': 'second' },
    explanation:
      '1 event matched within 5 min for payload.host=second; the threshold is 1. No alert was raised, because the rule has 1,000 open alerts, and that is the maximum. Group by another field, or resolve some of them.',
  })

  await app.sql(`UPDATE alerts SET status = 'RESOLVED', resolved_at = now() WHERE group_key = 'copy 2'`)
  expect(await evaluate('second')).toMatchObject({ raised: 1 })
  expect(
    await app.sql(`SELECT status FROM alerts WHERE rule_id = $1 AND group_values ->> 'payload.host' = 'second'`, [
      ruleId,
    ]),
  ).toEqual([{ status: 'FIRING' }])
})

test('one evaluation of many groups raises alerts only up to the maximum', async () => {
  const rule = await makeRule(app, { eventType: 'nearly.*', threshold: 1, groupBy: ['payload.host'] })
  const ruleId = uuidOf('rul', rule, 'id')
  await publishMany(app, 1, { type: 'nearly.x', payload: { host: 'first' } })
  expect(await alerting.evaluate({ ruleId })).toMatchObject({ raised: 1 })
  await app.sql(
    `INSERT INTO alerts SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'group_key', 'copy ' || i))).*
     FROM alerts a, generate_series(2, 998) AS i WHERE a.rule_id = $1`,
    [ruleId],
  )
  await publishMany(app, 5, (i) => ({ type: 'nearly.x', payload: { host: `more-${i}` } }))
  const keys = await app.sql<{ groupKey: string }>(
    `SELECT DISTINCT group_key AS "groupKey" FROM alert_matches WHERE rule_id = $1 AND group_key LIKE '%more%'`,
    [ruleId],
  )
  const groups = keys.map(({ groupKey }) => ({ ruleId, groupKey }))
  expect(groups).toHaveLength(5)
  expect(await alerting.evaluator.evaluate(groups, { routine: false })).toMatchObject({ raised: 2 })
  const open = "SELECT count(*)::int AS count FROM alerts WHERE rule_id = $1 AND status <> 'RESOLVED'"
  expect(await app.sql(open, [ruleId])).toEqual([{ count: 1_000 }])
})
