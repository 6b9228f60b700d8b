import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  acknowledge,
  alertsOfRule,
  evaluateNow,
  lastEvaluation,
  makeRule,
  makeSilence,
  OTHER,
  publishMany,
  resolve,
  updateRule,
} from '../../../test/features/alerts.ts'
import { ACME, makeWebhook } from '../../../test/features/deliveries.ts'
import { type As, createTestClock, startTestApp, type TestApp } from '../../../test/harness.ts'
import { type Alerting, createAlerting } from '../alerting.ts'

let app: TestApp
let alerting: Alerting
const clock = createTestClock()
beforeAll(async () => {
  app = await startTestApp({ clock, env: { ALERT_GROUP_WAIT_MS: '0' } })
  alerting = createAlerting(app.core, app.pipeline.publishInTransaction)
  await makeWebhook(app, { name: 'ops', eventTypes: ['ops.alert.*'] })
})
afterAll(async () => {
  await alerting.stop()
  await app.stop()
})

const silenceOf = async (id: string) =>
  (
    await app.ok<{ node: { heldBack: number; matching: number; warnedAt: string | null } }>(
      'query ($id: ID!) { node(id: $id) { ... on Silence { heldBack matching warnedAt } } }',
      { id },
      { as: ACME },
    )
  ).node
const expire = (id: string) =>
  app.ok('mutation ($id: ID!) { expireSilence(id: $id) { silence { id } } }', { id }, { as: ACME })
const timelineOf = async (rule: string) =>
  (await alertsOfRule(app, rule)).at(-1)!.timeline.map(({ change, recipients }) => [change, recipients])

test('a silenced alert is raised and notifies nobody; when the silence ends it notifies at once', async () => {
  const rule = await makeRule(app, { name: 'held', eventType: 'held.*', repeatIntervalSeconds: 60 })
  const silence = await makeSilence(app, { matchers: { rule: 'he*d' }, reason: 'database is moved' })
  await publishMany(app, 3, { type: 'held.x' })
  await evaluateNow(app)
  expect(await alertsOfRule(app, rule)).toMatchObject([
    { status: 'FIRING', lastNotifiedAt: null, silencedBy: { id: silence } },
  ])
  expect(await timelineOf(rule)).toEqual([['RAISED', 0]])
  expect(await lastEvaluation(app, rule)).toMatchObject({
    outcome: 'SILENCED',
    explanation: expect.stringMatching(
      /^3 events matched within 5 min; the threshold is 3\. An alert was raised, but nobody was notified: the silence “database is moved” \(until .+ UTC\) suppresses its notifications\.$/,
    ),
  })
  await app.travel(61_000)
  await evaluateNow(app)
  // Held back are the notification of the new alert, and one repetition.
  expect(await silenceOf(silence)).toEqual({ heldBack: 2, matching: 1, warnedAt: null })

  await expire(silence)
  expect(await timelineOf(rule)).toEqual([
    ['RAISED', 0],
    ['REPEATED', 1],
  ])
  expect(await alertsOfRule(app, rule)).toMatchObject([{ silencedBy: null, lastNotifiedAt: expect.any(String) }])
  await app.travel(300_000)
  await evaluateNow(app)
  expect((await timelineOf(rule)).at(-1)).toEqual(['RESOLVED', 1])
  const twice = await app.fails(
    'mutation ($id: ID!) { expireSilence(id: $id) { silence { id } } }',
    { id: silence },
    { as: ACME },
  )
  expect(twice.code).toBe('CONFLICT')
})

test('a silence that begins while an alert fires is in its timeline; the end of an alert without notification is silent', async () => {
  const rule = await makeRule(app, { eventType: 'later.*' })
  await publishMany(app, 3, { type: 'later.x' })
  await evaluateNow(app)
  await makeSilence(app, { matchers: { rule } })
  expect(await timelineOf(rule)).toEqual([
    ['RAISED', 1],
    ['SILENCED', null],
  ])
  await app.travel(301_000)
  await evaluateNow(app)
  expect((await timelineOf(rule)).at(-1)).toEqual(['RESOLVED', 0])
})

test('all matchers have to match: rule, severity, source, and group', async () => {
  const rule = await makeRule(app, {
    name: 'matched',
    eventType: 'm.*',
    severity: 'ERROR',
    threshold: 1,
    groupBy: ['payload.host'],
  })
  const matches = async (matchers: object) => {
    const silence = await makeSilence(app, { matchers })
    const { matching } = await silenceOf(silence)
    await expire(silence)
    return matching
  }
  await publishMany(app, 3, (i) => ({ type: 'm.x', source: 'web', payload: { host: ['a-1', 'a-2', 'b-1'][i] } }))
  await evaluateNow(app)
  expect(await matches({ rule })).toBe(3)
  expect(await matches({ rule, group: { 'payload.host': 'a-*' } })).toBe(2)
  expect(await matches({ rule, group: { 'payload.host': 'a-*', source: 'web' } })).toBe(0)
  expect(await matches({ rule, severity: 'ERROR', source: 'w*' })).toBe(3)
  expect(await matches({ rule, severity: 'WARNING' })).toBe(0)
  expect(await matches({ rule, source: 'api' })).toBe(0)
})

test('a silence of one tenant does not affect another tenant', async () => {
  const rule = await makeRule(app, { eventType: 'far.*', threshold: 1 }, OTHER)
  await makeSilence(app, { matchers: { rule: '*' } })
  await publishMany(app, 1, { type: 'far.x' }, OTHER)
  await evaluateNow(app, OTHER)
  expect(await alertsOfRule(app, rule, OTHER)).toMatchObject([{ status: 'FIRING', silencedBy: null }])
})

test('an event announces the end of a silence once, with the number of suppressed notifications', async () => {
  const endsAt = new Date(clock() + 7_200_000).toISOString()
  const silence = await makeSilence(app, { matchers: { rule: 'nothing' }, reason: 'night', endsAt })
  const warnings = () =>
    app.sql(`SELECT tenant_id, payload FROM events WHERE type = 'ops.alert.silence_ending' AND subject = $1`, [silence])
  await app.travel(6_000_000)
  await alerting.once()
  expect(await warnings()).toEqual([])
  await app.travel(400_000)
  await alerting.once()
  await alerting.once()
  const payload = { silence, reason: 'night', endsAt, heldBack: 0, firing: 0, matchers: { rule: 'nothing' } }
  expect(await warnings()).toEqual([{ tenant_id: 'tenant-acme', payload }])
  expect((await silenceOf(silence)).warnedAt).not.toBeNull()
})

test('problems of a silence are refused, field by field', async () => {
  const refused = async (over: object) => {
    const endsAt = new Date(clock() + 60_000).toISOString()
    const { code, issues } = await app.fails(
      'mutation ($input: CreateSilenceInput!) { createSilence(input: $input) { silence { id } } }',
      { input: { matchers: { rule: 'x' }, reason: 'r', endsAt, ...over } },
      { as: ACME },
    )
    expect(code).toBe('BAD_USER_INPUT')
    return issues?.map(({ path }) => path.join('.'))
  }
  expect(await refused({ matchers: {} })).toEqual(['input.matchers'])
  expect(await refused({ matchers: { severity: 'BAD', team: 'x', group: [] }, reason: ' ' })).toEqual([
    'input.matchers.severity',
    'input.matchers.team',
    'input.matchers.group',
    'input.reason',
  ])
  expect(await refused({ endsAt: new Date(clock() - 1).toISOString() })).toEqual(['input.endsAt'])
  expect(await refused({ endsAt: new Date(clock() + 400 * 86_400_000).toISOString() })).toEqual(['input.endsAt'])
})

test('a tenant sees that a silence of the installation suppresses its alert, but not the silence', async () => {
  const rule = await makeRule(app, { eventType: 'global.*' })
  const silence = await makeSilence(app, { matchers: { rule } }, { role: 'OPERATOR' })
  await publishMany(app, 3, { type: 'global.x' })
  await evaluateNow(app)
  const alertsAs = async (as: As) =>
    (
      await app.ok<{ alerts: { nodes: object[] } }>(
        'query ($rule: ID!) { alerts(filter: { ruleId: $rule }) { nodes { status isSilenced silencedBy { id } } } }',
        { rule },
        { as },
      )
    ).alerts.nodes
  expect(await alertsAs(ACME)).toEqual([{ status: 'FIRING', isSilenced: true, silencedBy: null }])
  expect(await alertsAs({ role: 'VIEWER' })).toEqual([
    { status: 'FIRING', isSilenced: true, silencedBy: { id: silence } },
  ])
  await app.travel(301_000)
  await evaluateNow(app)
  expect(await alertsAs(ACME)).toEqual([{ status: 'RESOLVED', isSilenced: false, silencedBy: null }])
})

test('a silence counts the suppressed notifications of what users do: acknowledge, resolve, disable a rule', async () => {
  const silence = await makeSilence(app, { matchers: { rule: 'counted*' } })
  const raise = async (name: string) => {
    const rule = await makeRule(app, { name: `counted ${name}`, eventType: `counted.${name}` })
    await publishMany(app, 3, { type: `counted.${name}` })
    await evaluateNow(app)
    return { rule, alert: (await alertsOfRule(app, rule))[0]!.id }
  }
  const first = await raise('a')
  expect((await silenceOf(silence)).heldBack).toBe(1)
  await acknowledge(app, first.alert)
  expect((await silenceOf(silence)).heldBack).toBe(2)
  // A second acknowledgement changes nothing.
  await acknowledge(app, first.alert)
  await resolve(app, first.alert)
  expect((await silenceOf(silence)).heldBack).toBe(3)
  const second = await raise('b')
  await updateRule(app, second.rule, { enabled: false })
  expect((await silenceOf(silence)).heldBack).toBe(5)
})
