import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACME, makeRule } from '../../../test/features/alerts.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { uuidOf } from '../../kit/ids.ts'
import { createEvaluationLog, type LoggedEvaluation } from './evaluation-log.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

interface Entry {
  outcome: string
  group: { source: string }
  matched: number
}

const PAGE = `query ($id: ID!, $first: Int, $skip: Int) {
  node(id: $id) { ... on AlertRule { evaluations(first: $first, skip: $skip) { outcome group matched } } }
}`

test('a write leaves out groups with few events, but never an alert that was raised or resolved; pages join exactly', async () => {
  const id = await makeRule(app, { name: 'log', windowSeconds: 60, threshold: 50, groupBy: ['source'], enabled: false })
  const page = async (first: number, skip: number) =>
    (await app.ok<{ node: { evaluations: Entry[] } }>(PAGE, { id, first, skip }, { as: ACME })).node.evaluations
  const log = createEvaluationLog(app.core)
  const at = Date.now()
  const note = (source: string, outcome: LoggedEvaluation['outcome'], matched: number) =>
    log.note({
      ruleId: uuidOf('rul', id, 'id'),
      groupKey: JSON.stringify([source]),
      outcome,
      at,
      matched,
      threshold: 50,
      explanation: 'x',
      tenants: {},
    })
  for (let i = 1; i <= 40; i++) note(`host-${i}`, 'STILL_FIRING', 100 + i)
  note('new', 'RAISED', 50)
  note('old', 'RESOLVED', 0)
  await log.flush()

  const all = await page(100, 0)
  expect(all.map(({ group }) => group.source).toSorted()).toEqual(
    ['new', 'old', ...Array.from({ length: 20 }, (_, i) => `host-${i + 21}`)].toSorted(),
  )
  expect([...(await page(8, 0)), ...(await page(8, 8)), ...(await page(8, 16))]).toEqual(all)
  expect(await page(8, 22)).toEqual([])
  expect(await app.fails(PAGE, { id, first: 1, skip: -1 }, { as: ACME })).toMatchObject({ code: 'BAD_USER_INPUT' })
})
