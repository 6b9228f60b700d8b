import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  alertsOfRule,
  evaluateNow,
  lastEvaluation,
  makeRule,
  OTHER,
  publishMany,
  updateRule,
} from '../../../test/features/alerts.ts'
import { ACME, makeWebhook } from '../../../test/features/deliveries.ts'
import { createTestClock, startTestApp, type TestApp } from '../../../test/harness.ts'
import { forgetOldMatches } from '../retention.ts'

let app: TestApp
const clock = createTestClock()
beforeAll(async () => {
  app = await startTestApp({ clock })
})
afterAll(() => app.stop())

const OPERATOR = { role: 'OPERATOR' } as const
const CREATE = 'mutation ($input: CreateAlertRuleInput!) { createAlertRule(input: $input) { rule { id } } }'
const UPDATE =
  'mutation ($id: ID!, $input: UpdateAlertRuleInput!) { updateAlertRule(id: $id, input: $input) { rule { id } } }'
const valid = { name: 'r', windowSeconds: 60, threshold: 1 }

const DAYS_31 = 31 * 86_400
const refusals: [field: string, input: object, expected: RegExp][] = [
  ['threshold', { threshold: 0 }, /is 0; expected 1 to 100,000/],
  ['threshold', { threshold: 100_001 }, /is 100001; expected 1 to 100,000/],
  ['windowSeconds', { windowSeconds: 0 }, /is 0; expected 1 to 2,592,000/],
  ['windowSeconds', { windowSeconds: DAYS_31 }, /is 2678400; expected 1 to 2,592,000/],
  ['eventType', { eventType: 'a b*' }, /"a b\*"/],
  ['source', { source: '' }, /expected 1 to 512/],
  ['name', { name: ' ' }, /is empty/],
  ['groupBy.0', { groupBy: ['host'] }, /payload\.host/],
  ['repeatIntervalSeconds', { repeatIntervalSeconds: 59 }, /is 59; expected 60/],
  ['webhookIds.0', { webhookIds: ['whk_01h455vb4pex5vsknk084sn02q'] }, /there is no webhook/],
  ['webhookIds.0', { webhookIds: ['nonsense'] }, /there is no webhook/],
]

test.each(refusals)('%s is refused: %j', async (field, input, expected) => {
  const rule = await makeRule(app, valid)
  const rules = await app.sql('SELECT * FROM alert_rules ORDER BY id')
  for (const [operation, variables] of [
    [CREATE, { input: { ...valid, ...input } }],
    [UPDATE, { id: rule, input }],
  ] as const) {
    const { code, issues } = await app.fails(operation, variables, { as: ACME })
    expect(code).toBe('BAD_USER_INPUT')
    expect(issues).toMatchObject([{ path: ['input', ...field.split('.')], message: expect.stringMatching(expected) }])
  }
  expect(await app.sql('SELECT * FROM alert_rules ORDER BY id')).toEqual(rules)
})

test("another tenant's webhook does not exist for a tenant; an operator of the installation sees its tenant", async () => {
  const theirs = await makeWebhook(app, {}, OTHER)
  const input = { ...valid, webhookIds: [theirs.id] }
  const hidden = await app.fails(CREATE, { input }, { as: ACME })
  expect(hidden.issues).toMatchObject([
    { path: ['input', 'webhookIds', '0'], message: expect.stringMatching(/^there is no webhook/) },
  ])
  const named = await app.fails(CREATE, { input: { ...input, tenantId: 'tenant-acme' } }, { as: OPERATOR })
  expect(named.issues).toMatchObject([
    { message: 'is a webhook of tenant tenant-other, and the rule is one of tenant tenant-acme' },
  ])
  const global = await app.fails(CREATE, { input }, { as: OPERATOR })
  expect(global.issues).toMatchObject([{ message: expect.stringContaining('only webhooks of the installation') }])
})

test("a tenant's rule counts only its own events; a global rule counts all, by tenant", async () => {
  const own = await makeRule(app, { eventType: 'both.*', threshold: 3 })
  const global = await makeRule(app, { eventType: 'both.*', threshold: 3 }, OPERATOR)
  await publishMany(app, 2, { type: 'both.x' })
  await publishMany(app, 4, { type: 'both.x' }, OTHER)
  await evaluateNow(app, OPERATOR)
  expect(await alertsOfRule(app, own)).toEqual([])
  const [alert] = await alertsOfRule(app, global, OPERATOR)
  expect(alert).toMatchObject({
    tenantId: null,
    matched: 6,
    tenants: [
      { name: 'tenant-other', count: 4 },
      { name: 'tenant-acme', count: 2 },
    ],
    reason: expect.stringContaining('Counted by tenant: tenant-other 4, tenant-acme 2.'),
  })
  expect(await alertsOfRule(app, global)).toEqual([])
  const hidden = await app.ok('query ($id: ID!) { node(id: $id) { id } }', { id: alert?.id }, { as: ACME })
  expect(hidden).toEqual({ node: null })
})

test('rules do not exist for other tenants, to read or to change', async () => {
  const rule = await makeRule(app, valid)
  const fields = 'query ($id: ID!) { node(id: $id) { id } alertRules(first: 200) { nodes { id } } }'
  const seen = await app.ok<{ node: null; alertRules: { nodes: { id: string }[] } }>(
    fields,
    { id: rule },
    { as: OTHER },
  )
  expect(seen.node).toBeNull()
  expect(seen.alertRules.nodes.map(({ id }) => id)).not.toContain(rule)
  for (const operation of [
    'mutation ($id: ID!) { deleteAlertRule(id: $id) { deletedId } }',
    'mutation ($id: ID!) { setAlertRuleEnabled(id: $id, enabled: false) { rule { id } } }',
    'mutation ($id: ID!) { updateAlertRule(id: $id, input: { threshold: 9 }) { rule { id } } }',
  ])
    expect((await app.fails(operation, { id: rule }, { as: OTHER })).code).toBe('NOT_FOUND')
})

test('the last evaluation explains how far a rule is from its alert', async () => {
  const rule = await makeRule(app, { eventType: 'words.*', threshold: 3, windowSeconds: 5_400 })
  await publishMany(app, 2, { type: 'words.x' })
  await evaluateNow(app)
  expect(await lastEvaluation(app, rule)).toMatchObject({
    outcome: 'BELOW_THRESHOLD',
    matched: 2,
    explanation: '2 events matched within 90 min; the threshold is 3. 1 more event would raise an alert.',
  })
  await publishMany(app, 1, { type: 'words.x' })
  await evaluateNow(app)
  expect(await lastEvaluation(app, rule)).toMatchObject({
    outcome: 'RAISED',
    explanation:
      '3 events matched within 90 min; the threshold is 3. An alert was raised. Nobody is notified: no enabled webhook subscribes to it. Choose webhooks in the rule, or subscribe one to ops.alert.*.',
  })
  await evaluateNow(app)
  expect((await lastEvaluation(app, rule)).explanation).toMatch(
    /The alert has been firing since .+ UTC; it notifies again at .+ UTC/,
  )
})

test('an edited rule counts the stored events of its window', async () => {
  const rule = await makeRule(app, { eventType: 'before.*', threshold: 5 })
  await publishMany(app, 3, { type: 'after.x' })
  await updateRule(app, rule, { eventType: 'after.*', threshold: 3 })
  await evaluateNow(app)
  expect(await alertsOfRule(app, rule)).toMatchObject([{ status: 'FIRING', matched: 3 }])
})

test('evaluations are kept for 24 h, by group, and equal ones within a minute are one', async () => {
  const rule = await makeRule(app, { eventType: 'log.*', threshold: 2, groupBy: ['source'], windowSeconds: 600 })
  const log = async () =>
    (
      await app.ok<{
        node: { evaluations: { outcome: string; group: object; matched: number; evaluations: number }[] }
      }>(
        'query ($id: ID!) { node(id: $id) { ... on AlertRule { evaluations { outcome group matched evaluations } } } }',
        { id: rule },
        { as: ACME },
      )
    ).node.evaluations
  await publishMany(app, 1, { type: 'log.x', source: 'a' })
  await publishMany(app, 2, { type: 'log.x', source: 'b' })
  await evaluateNow(app)
  const first = await log()
  expect(first).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ outcome: 'BELOW_THRESHOLD', group: { source: 'a' }, matched: 1 }),
      expect.objectContaining({ outcome: 'RAISED', group: { source: 'b' }, matched: 2 }),
    ]),
  )
  await app.travel(23 * 3_600_000)
  await forgetOldMatches(app.core)
  expect(await log()).toHaveLength(first.length)
  await app.travel(2 * 3_600_000)
  await forgetOldMatches(app.core)
  expect(await log()).toEqual([])
})
