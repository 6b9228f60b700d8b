import { afterAll, beforeAll, expect, test } from 'vitest'
import { OTHER, publishMany } from '../../../test/features/alerts.ts'
import { ACME } from '../../../test/features/deliveries.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
  // Two bursts of three, ten minutes apart, and events that the rule does not count.
  for (let burst = 0; burst < 2; burst++) {
    await publishMany(app, 3, { type: 'job.failed', source: 'a' })
    await publishMany(app, 5, { type: 'job.failed' }, OTHER)
    await publishMany(app, 5, { type: 'job.done' })
    // Ten minutes pass: the id of a stored event contains its time.
    await app.sql(`UPDATE events SET received_at = received_at - interval '10 min',
      id = (left(uuid7_floor(received_at - interval '10 min')::text, 13) || substr(id::text, 14))::uuid`)
  }
})
afterAll(() => app.stop())

interface Preview {
  matched: number
  wouldFire: number
  explanation: string
  sample: { type: string; tenantId: string }[]
  timeline: { start: string; matched: number; firing: boolean }[]
}

const preview = async (over: object = {}, window = 'LAST_24H') => {
  const input = { name: 'preview', eventType: 'job.f*', windowSeconds: 300, threshold: 3, ...over }
  const { previewAlertRule } = await app.ok<{ previewAlertRule: Preview }>(
    `mutation ($input: CreateAlertRuleInput!, $window: TimeWindow) { previewAlertRule(input: $input, window: $window) {
      matched wouldFire explanation sample { type tenantId } timeline(buckets: 24) { start matched firing } } }`,
    { input, window },
    { as: ACME },
  )
  return previewAlertRule
}

test('a preview counts the stored events of the tenant and the alerts that they would have raised', async () => {
  const found = await preview({}, 'LAST_1H')
  expect(found).toMatchObject({ matched: 6, wouldFire: 2 })
  expect(found.explanation).toBe(
    '6 events matched within the last 1 h. Alerts would have been raised 2 times (3 within 5 min); none would fire now.',
  )
  expect(found.sample).toHaveLength(6)
  for (const event of found.sample) expect(event).toEqual({ type: 'job.failed', tenantId: 'tenant-acme' })
  expect(found.timeline.reduce((sum, { matched }) => sum + matched, 0)).toBe(6)
  expect(found.timeline.filter(({ firing }) => firing).length).toBeGreaterThanOrEqual(2)
})

test('the buckets of a preview are equal, because the chart adds as many as the window of the rule contains', async () => {
  const { timeline } = await preview()
  const starts = timeline.map(({ start }) => Date.parse(start))
  const lengths = starts.slice(1).map((start, i) => start - starts[i]!)
  expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1)
})

test('a preview shows that a rule would never have fired, and changes nothing', async () => {
  expect(await preview({ threshold: 4 })).toMatchObject({
    wouldFire: 0,
    explanation: expect.stringContaining('There were never 4 within 5 min, so no alert would have been raised.'),
  })
  expect(await app.sql('SELECT FROM alert_rules')).toEqual([])
  expect(await app.sql('SELECT FROM alerts')).toEqual([])
})

test('a preview counts the events of the window before its range', async () => {
  // Three events 100 minutes ago, and one more 29 minutes ago.
  await publishMany(app, 3, { type: 'edge.failed' })
  await publishMany(app, 1, { type: 'edge.again' })
  await app.sql(`UPDATE events SET received_at = received_at - m.age,
      id = (left(uuid7_floor(received_at - m.age)::text, 13) || substr(id::text, 14))::uuid
    FROM (VALUES ('edge.failed', interval '100 min'), ('edge.again', interval '29 min')) AS m(type, age) WHERE m.type = events.type`)
  const edge = { eventType: 'edge.*' }
  // The alert of the fourth event needs the three that are older than the range.
  const raised = await preview({ ...edge, threshold: 4, windowSeconds: 7_200 }, 'LAST_1H')
  expect(raised).toMatchObject({ matched: 1, wouldFire: 1 })
  expect(raised.sample).toHaveLength(1)
  expect(raised.timeline.map(({ firing }) => firing)).toEqual(Array.from({ length: 24 }, (_, i) => i >= 12))
  // An alert of the three is open at the beginning of the range.
  const open = await preview({ ...edge, windowSeconds: 7_200 }, 'LAST_1H')
  expect(open).toMatchObject({ matched: 1, wouldFire: 1 })
  expect(open.explanation).toContain('raised once (3 within 2 h), 1 before that time; 1 would fire now.')
  expect(open.timeline.every(({ firing }) => firing)).toBe(true)
  // One that ended before the range does not count.
  expect(await preview({ ...edge, windowSeconds: 1_800 }, 'LAST_1H')).toMatchObject({ matched: 1, wouldFire: 0 })
})

test('a preview refuses the same rules as createAlertRule', async () => {
  const input = { name: 'x', windowSeconds: 0, threshold: 0 }
  const { code, issues } = await app.fails(
    'mutation ($input: CreateAlertRuleInput!) { previewAlertRule(input: $input) { matched } }',
    { input },
    { as: ACME },
  )
  expect(code).toBe('BAD_USER_INPUT')
  expect(issues?.map(({ path }) => path.join('.'))).toEqual(['input.windowSeconds', 'input.threshold'])
})
