import { expect, test } from 'vitest'
import { suggestionParams } from './filter-link.ts'
import { deliveryFilter } from './params.ts'

const CLUSTER = { webhookIds: ['whk_1'], errorKinds: ['HTTP_4XX'], statusCodes: [422], recovered: false }

test('the deliveries page shows exactly the dead letters of a cluster', () => {
  const { webhook, error, code, status } = suggestionParams(CLUSTER)
  const filters = { webhook: [webhook!], error: [error!], code: [code!], status: [status!], type: [] }
  const page = { window: 'all' as const, since: null, until: null, tenant: null, q: '', open: null }
  expect(deliveryFilter({ ...page, ...filters }, null)).toMatchObject(CLUSTER)
})

test('a range is kept, and fields of another type are left out', () => {
  const range = { since: '2026-01-01T00:00:00.000Z', until: '2026-01-01T01:00:00.000Z' }
  expect(suggestionParams({ ...range, webhookIds: 'whk_1', errorKinds: [null] })).toEqual({
    window: 'all',
    status: 'dead',
    ...range,
  })
  expect(suggestionParams(null)).toEqual({ window: 'all', status: 'dead' })
})
