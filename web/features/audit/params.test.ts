import { expect, test } from 'vitest'
import { auditFilter, exportPath } from './params.ts'

const params = {
  window: '24h',
  since: null,
  until: null,
  tenant: null,
  q: '',
  open: null,
  actor: [],
  action: [],
  outcome: [],
  target: [],
} as const

test('a text filters by action', () => {
  expect(auditFilter({ ...params, q: 'replay' }, null).actions).toEqual(['*replay*'])
  expect(auditFilter({ ...params, q: 'webhook.*', action: ['delivery.replay'] }, null).actions).toEqual([
    'delivery.replay',
    'webhook.*',
  ])
})

test('the file contains the entries of the list', () => {
  const filter = auditFilter({ ...params, outcome: ['denied', 'failed', 'nonsense'], actor: ['a', 'b'] }, 'tenant-1')
  expect(exportPath(filter)).toBe(
    '/exports/audit?format=csv&window=LAST_24H&tenantId=tenant-1&actorIds=a&actorIds=b&outcomes=DENIED&outcomes=FAILED',
  )
})
