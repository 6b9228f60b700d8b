import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  alertsOfRule,
  evaluateNow,
  makeRule,
  publishedWithClock,
  publishMany,
  updateRule,
} from '../../../test/features/alerts.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { uuidOf } from '../../kit/ids.ts'
import { rebuildDue } from './rebuild.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

interface Match {
  at: Date
  count: number
  version: number
}

const matchesOf = (rule: string) =>
  app.sql<Match>('SELECT at, count, version FROM alert_matches WHERE rule_id = $1 ORDER BY at, seq', [
    uuidOf('rul', rule, 'id'),
  ])

test('a new name does not rebuild the matches of a rule', async () => {
  const rule = await makeRule(app, { eventType: 'named.x' })
  await publishMany(app, 3, { type: 'named.x' })
  await evaluateNow(app)
  // A rebuild would give the matches the times of their events again.
  await app.sql(`UPDATE alert_matches SET at = at - interval '2 minutes'`)
  await app.sql(`UPDATE alert_rules SET rebuild_at = NULL`)
  const before = await matchesOf(rule)
  expect(before).not.toEqual([])
  await app.sql(`DELETE FROM events WHERE type = 'named.x'`)
  await updateRule(app, rule, { name: 'another name', threshold: 2 })
  expect(await matchesOf(rule)).toEqual(before)
  expect(await alertsOfRule(app, rule)).toMatchObject([{ status: 'FIRING', rule: { name: 'another name' } }])
})

test.each([
  ['ahead', '20 minutes'],
  ['behind', '-20 minutes'],
  ['hours ahead', '30 hours'],
])('an edit keeps the times of the matches if the clock of the publishing process is %s', async (name, offset) => {
  const type = `clock.${name.replace(' ', '-')}`
  const rule = await makeRule(app, { eventType: type, windowSeconds: 300 })
  await publishMany(app, 2, { type })
  await publishMany(app, 1, { type })
  await evaluateNow(app)
  await publishedWithClock(app, type, offset)
  const sum = (matches: readonly Match[]) => matches.reduce((total, { count }) => total + count, 0)
  const before = await matchesOf(rule)
  expect(sum(before)).toBe(3)

  await updateRule(app, rule, { windowSeconds: 290, source: 'sched*' })
  const expectKept = async () => {
    const after = await matchesOf(rule)
    expect(sum(after)).toBe(3)
    // Matches within a thousandth of the window share a row.
    for (const { at, version } of after) {
      expect(version).toBe(2)
      expect(before.map((match) => match.at.getTime())).toContain(at.getTime())
    }
    await evaluateNow(app)
    expect(await alertsOfRule(app, rule)).toMatchObject([{ status: 'FIRING', matched: 3 }])
  }
  await expectKept()
  // A few seconds later the matches are rebuilt once more, from those of the first rebuild.
  await app.sql(
    `UPDATE alert_rules SET updated_at = updated_at - interval '1 minute', rebuild_at = rebuild_at - interval '1 minute'`,
  )
  expect(await rebuildDue(app.core)).toContain(uuidOf('rul', rule, 'id'))
  await expectKept()
})
