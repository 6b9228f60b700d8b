import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACME, evaluateNow, makeRule, OTHER, publishMany } from '../../../test/features/alerts.ts'
import { type As, startTestApp, type TestApp } from '../../../test/harness.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

const SEARCH = 'query ($filter: AlertFilter) { alerts(filter: $filter) { totalCount nodes { rule { name } group } } }'

test('a search reads all alerts: by the name of the rule, the group, the source or the tenant', async () => {
  await makeRule(app, { name: 'Disk 100% full', eventType: 'disk.*', threshold: 1, groupBy: ['payload.host'] })
  await makeRule(app, { name: 'Late orders', eventType: 'late.*', threshold: 1, groupBy: ['payload.host'] })
  await makeRule(app, { name: 'Disk of another tenant', eventType: 'disk.*', threshold: 1 }, OTHER)
  await publishMany(app, 1, { type: 'disk.x', source: 'collector', payload: { host: 'Db-1' } })
  await publishMany(app, 1, { type: 'late.x', source: 'shop', payload: { host: 'say "hi"' } })
  await publishMany(app, 1, { type: 'disk.x', source: 'collector' }, OTHER)
  await evaluateNow(app)
  await evaluateNow(app, OTHER)
  const found = async (search: string, as: As = ACME) => {
    const { alerts } = await app.ok<{ alerts: { totalCount: number; nodes: { rule: { name: string } }[] } }>(
      SEARCH,
      { filter: { search } },
      { as },
    )
    expect(alerts.totalCount).toBe(alerts.nodes.length)
    return alerts.nodes.map(({ rule }) => rule.name).toSorted()
  }
  expect(await found('disk')).toEqual(['Disk 100% full'])
  expect(await found('0% F')).toEqual(['Disk 100% full'])
  expect(await found('db-1')).toEqual(['Disk 100% full'])
  expect(await found('"hi"')).toEqual(['Late orders'])
  expect(await found('SHOP')).toEqual(['Late orders'])
  expect(await found('_')).toEqual([])
  expect(await found('disk', { role: 'VIEWER' })).toEqual(['Disk 100% full', 'Disk of another tenant'])
  expect(await found('tenant-other', { role: 'VIEWER' })).toEqual(['Disk of another tenant'])
  expect((await app.fails(SEARCH, { filter: { search: 'x'.repeat(201) } }, { as: ACME })).code).toBe('BAD_USER_INPUT')
})
