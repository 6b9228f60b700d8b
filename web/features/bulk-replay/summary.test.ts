import { expect, test } from 'vitest'
import type { BulkReplayRowFragment } from '@/lib/graphql.ts'
import { summaryMarkdown } from './summary.ts'

const replay: BulkReplayRowFragment = {
  __typename: 'BulkReplay',
  id: 'blk_1',
  status: 'COMPLETED',
  total: 2_104,
  isSelected: true,
  replayed: 2_100,
  skipped: 4,
  skips: [{ __typename: 'BulkReplaySkip', reason: 'UNLIKELY', count: 4 }],
  delivered: 2_098,
  failed: 2,
  startedBy: { __typename: 'Actor', kind: 'USER', id: 'usr_1', name: 'Ada' },
  reason: 'Billing is *back*',
  tenantId: null,
  createdAt: '2026-03-01T12:00:00.123Z',
  finishedAt: '2026-03-01T12:00:12.123Z',
  filter: null,
  paused: false,
  ratePerSecond: null,
  canary: true,
  error: null,
}

test('the summary contains the number of arrived and failed deliveries, and the reasons for skipped ones', () => {
  expect(summaryMarkdown(replay, 'https://console/operations?open=blk_1')).toBe(
    [
      '**Bulk replay: 2,098 of 2,104 arrived**',
      '- Started 2026-03-01 12:00:00 UTC by Ada, finished after 12 s',
      '- Reason: Billing is \\*back\\*',
      '- 2 failed',
      '- 4 skipped: unlikely to arrive',
      '- [Details](https://console/operations?open=blk_1)',
    ].join('\n'),
  )
})

test('the summary of a stopped bulk replay states that, with the number of deliveries in flight', () => {
  const text = summaryMarkdown({ ...replay, status: 'CANCELLED', delivered: 90, failed: 0, replayed: 100 }, '')
  expect(text).toContain('**Bulk replay (stopped): 90 of 2,104 arrived**')
  expect(text).toContain('- 10 on the way')
})
