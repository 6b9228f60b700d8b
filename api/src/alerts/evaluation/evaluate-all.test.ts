import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACME, alertsOfRule, evaluateNow, makeRule, publishMany } from '../../../test/features/alerts.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { uuidOf } from '../../kit/ids.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

interface Evaluation {
  outcome: string
  group: { source?: string }
  leftOut: number | null
}

/** Stores one match for each of `count` groups of a rule, in the order of their keys, as appends would have done. */
const insertMatches = (rule: string, count: number, eventsOf: string) =>
  app.sql(
    `INSERT INTO alert_matches (rule_id, version, group_key, at, seq, tenant_id, event_ids, count)
     SELECT r.id, r.version, json_build_array('host-' || lpad(i::text, 6, '0'))::text, now(), i, 'tenant-acme', '{}', ${eventsOf}
     FROM alert_rules r, generate_series(1, $2::int) AS i WHERE r.id = $1`,
    [uuidOf('rul', rule, 'id'), count],
  )

const firing = async (rule: string) =>
  (await alertsOfRule(app, rule))
    .filter(({ status }) => status !== 'RESOLVED')
    .map(({ group }) => group.source)
    .sort()

test('the periodic evaluation reaches every group, however many there are', async () => {
  const settings = { eventType: 'many.*', threshold: 2, groupBy: ['source'] }
  const many = await makeRule(app, settings)
  const few = await makeRule(app, { ...settings, eventType: 'few.*' })
  const single = await makeRule(app, { eventType: 'single.*', threshold: 1 })
  // The open alerts of these groups have no matches. Their keys are the lowest, one in the middle, and the highest.
  await publishMany(app, 2, { type: 'many.x', source: 'a-first' })
  await publishMany(app, 2, { type: 'many.x', source: 'host-004000-x' })
  await publishMany(app, 2, { type: 'many.x', source: 'z-last' })
  await publishMany(app, 1, { type: 'single.x' })
  expect(await evaluateNow(app)).toEqual({ evaluated: 3, raised: 4, resolved: 0 })
  await app.sql('DELETE FROM alert_matches WHERE rule_id = $1', [uuidOf('rul', many, 'id')])
  await insertMatches(many, 12_000, 'CASE WHEN i IN (1, 2500, 2501, 5001, 7500, 12000) THEN 2 ELSE 1 END')
  await insertMatches(few, 3, 'i')

  expect(await evaluateNow(app)).toEqual({ evaluated: 3, raised: 8, resolved: 3 })
  const hosts = ['000001', '002500', '002501', '005001', '007500', '012000'].map((number) => `host-${number}`)
  expect(await firing(many)).toEqual(hosts)
  expect(await firing(few)).toEqual(['host-000002', 'host-000003'])
  expect(await alertsOfRule(app, single)).toMatchObject([{ status: 'FIRING' }])
  expect(await evaluateNow(app)).toMatchObject({ raised: 0, resolved: 0 })

  const { node } = await app.ok<{ node: { evaluations: Evaluation[] } }>(
    'query ($id: ID!) { node(id: $id) { ... on AlertRule { evaluations(first: 1000) { outcome group leftOut } } } }',
    { id: many },
    { as: ACME },
  )
  const quiet = node.evaluations.filter(({ outcome }) => outcome === 'BELOW_THRESHOLD')
  const listed = quiet.filter(({ group }) => group.source !== undefined).length
  const counted = quiet.reduce((sum, { leftOut }) => sum + (leftOut ?? 0), 0)
  expect(listed + counted).toBe(12_000 - hosts.length)
})
