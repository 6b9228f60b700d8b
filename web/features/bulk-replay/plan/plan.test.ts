import { expect, test } from 'vitest'
import { countOf, DEFAULT_PLAN, optionsInput, type Preview, selectionInput } from './plan.ts'

const webhook = (name: string, count: number, likely: number, reachable: boolean): Preview['byWebhook'][number] => ({
  __typename: 'BulkReplayWebhookPreview',
  webhook: { __typename: 'Webhook', id: name, name },
  count,
  likely,
  reachable,
  warning: null,
})
const preview = { byWebhook: [webhook('up', 10, 8, true), webhook('down', 5, 1, false)] }

test('a plan counts the likely deliveries, all of them, or those of webhooks that are up', () => {
  expect(countOf(preview, DEFAULT_PLAN)).toBe(9)
  expect(countOf(preview, { ...DEFAULT_PLAN, scope: 'all' })).toBe(15)
  expect(countOf(preview, { ...DEFAULT_PLAN, scope: 'all', skipUnhealthy: true })).toBe(10)
})

test('a filter ends at the instant of its preview, unless it ends before', () => {
  const selectedAt = '2026-03-01T12:00:00.000Z'
  const until = '2026-03-01T11:00:00.000Z'
  expect(selectionInput({ filter: { recovered: false } }, selectedAt)).toEqual({
    filter: { recovered: false, until: selectedAt },
  })
  expect(selectionInput({ filter: { until } }, selectedAt)).toEqual({ filter: { until } })
  expect(selectionInput({ deliveryIds: ['dlv_1'] }, selectedAt)).toEqual({ deliveryIds: ['dlv_1'] })
})

test('an empty pace is no limit, and an empty stop rule never stops', () => {
  const all = { ...DEFAULT_PLAN, scope: 'all', stopAfterFailures: '', reason: ' ' } as const
  expect(optionsInput(all)).toMatchObject({
    minLikelihood: null,
    ratePerSecond: null,
    stopAfterFailures: 0,
    reason: null,
  })
  expect(optionsInput({ ...DEFAULT_PLAN, ratePerSecond: 50 })).toMatchObject({ minLikelihood: 0.8, ratePerSecond: 50 })
})
