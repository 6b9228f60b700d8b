import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACME, lastEvaluation, makeRule } from '../../../test/features/alerts.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { uuidOf } from '../../kit/ids.ts'
import { createEvaluationLog, type EvaluationLog, type LoggedEvaluation } from './evaluation-log.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

interface Entry {
  at: string
  outcome: string
  group: { source?: string }
  matched: number
  evaluations: number
  leftOut: number | null
  explanation: string
}

const PAGE = `query ($id: ID!, $first: Int, $skip: Int) {
  node(id: $id) { ... on AlertRule { evaluations(first: $first, skip: $skip) { at outcome group matched evaluations leftOut explanation } } }
}`

/** The log of a new rule with the threshold 50. All evaluations happen in the same minute. */
async function logging(name: string) {
  const settings = { name, eventType: name, windowSeconds: 60, threshold: 50, groupBy: ['source'] }
  const id = await makeRule(app, { ...settings, enabled: false })
  const at = Math.floor(Date.now() / 60_000) * 60_000
  const note = (log: EvaluationLog, source: string, outcome: LoggedEvaluation['outcome'], matched: number, later = 0) =>
    log.note({
      ruleId: uuidOf('rul', id, 'id'),
      groupKey: JSON.stringify([source]),
      outcome,
      at: at + later,
      matched,
      threshold: 50,
      explanation: 'x',
      tenants: {},
    })
  const page = async (first: number, skip: number) =>
    (await app.ok<{ node: { evaluations: Entry[] } }>(PAGE, { id, first, skip }, { as: ACME })).node.evaluations
  return { id, note, page }
}

const leftOutOf = (entries: readonly Entry[]) =>
  entries.flatMap(({ outcome, leftOut, matched, explanation, group }) =>
    leftOut === null ? [] : [{ outcome, leftOut, matched, explanation, group }],
  )

test('a write counts the groups that it leaves out, but lists every alert that changed or notified; pages join exactly', async () => {
  const { id, note, page } = await logging('log')
  const log = createEvaluationLog(app.core)
  for (let i = 1; i <= 40; i++) note(log, `host-${i}`, 'STILL_FIRING', 100 + i)
  for (let i = 1; i <= 21; i++) note(log, `low-${i}`, 'BELOW_THRESHOLD', i === 1 ? 2 : 3)
  note(log, 'quiet', 'SILENCED', 50)
  note(log, 'new', 'RAISED', 50)
  note(log, 'again', 'REPEATED', 50)
  note(log, 'old', 'RESOLVED', 0)
  await log.flush()

  const all = await page(100, 0)
  expect(all.flatMap(({ group }) => group.source ?? []).toSorted()).toEqual(
    [
      ...['again', 'new', 'old', 'quiet'],
      ...Array.from({ length: 20 }, (_, i) => [`host-${i + 21}`, `low-${i + 2}`]).flat(),
    ].toSorted(),
  )
  const unlisted = leftOutOf(all).toSorted((a, b) => (a.outcome < b.outcome ? -1 : 1))
  expect(unlisted).toEqual([
    {
      outcome: 'BELOW_THRESHOLD',
      leftOut: 1,
      matched: 2,
      group: {},
      explanation: '1 more group did not reach the threshold of 50; it has 2 events.',
    },
    {
      outcome: 'STILL_FIRING',
      leftOut: 20,
      matched: 120,
      group: {},
      explanation: expect.stringMatching(/^20 more groups reached the threshold of 50 and did not notify again: /),
    },
  ])
  expect([...(await page(16, 0)), ...(await page(16, 16)), ...(await page(16, 32))]).toEqual(all)
  expect(await page(16, 46)).toEqual([])
  expect(await app.fails(PAGE, { id, first: 1, skip: -1 }, { as: ACME })).toMatchObject({ code: 'BAD_USER_INPUT' })
})

test('a group is counted once per minute, and the counts of several processes are added up', async () => {
  const { note, page } = await logging('counts')
  const [one, other] = [createEvaluationLog(app.core), createEvaluationLog(app.core)]
  for (let i = 1; i <= 1_030; i++) note(one, `host-${i}`, 'BELOW_THRESHOLD', i === 1_000 ? 30 : i > 1_010 ? 40 : 1)
  await one.flush()
  // Two of these were left out before.
  for (let i = 1; i <= 22; i++) note(one, i <= 20 ? `other-${i}` : `host-${i}`, 'BELOW_THRESHOLD', i <= 20 ? 3 : 2, 9)
  await one.flush()
  for (let i = 1; i <= 25; i++) note(other, `third-${i}`, 'BELOW_THRESHOLD', 1)
  await other.flush()

  expect(leftOutOf(await page(200, 0))).toEqual([
    {
      outcome: 'BELOW_THRESHOLD',
      leftOut: 1_010 + 5,
      matched: 30,
      group: {},
      explanation: '1,015 more groups did not reach the threshold of 50; the one with the most has 30 events.',
    },
  ])
})

test('the last evaluation of a rule is one of a group', async () => {
  const { id, note } = await logging('last')
  const log = createEvaluationLog(app.core)
  for (let i = 1; i <= 30; i++) note(log, `host-${i}`, 'BELOW_THRESHOLD', i, i <= 10 ? 500 : 0)
  await log.flush()
  expect(await lastEvaluation(app, id)).toMatchObject({ matched: 30, explanation: 'x' })
})
