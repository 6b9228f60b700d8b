import { expect, it } from 'vitest'
import { matches } from './matches.ts'

const row = {
  status: 'DEAD_LETTER',
  targetUrl: 'https://Receiver.example/hook',
  eventType: 'order.created',
  lastError: 'HTTP 503 (100% of them)',
  lastErrorKind: 'HTTP_5XX',
} as const

it.each([
  [{}, true],
  [{ statuses: [], errorKinds: null, search: null }, true],
  [{ statuses: ['DEAD_LETTER', 'FAILED'] }, true],
  [{ statuses: ['DELIVERED'] }, false],
  [{ errorKinds: ['HTTP_5XX'] }, true],
  [{ errorKinds: ['TIMEOUT'] }, false],
  [{ search: 'receiver.EXAMPLE' }, true],
  [{ search: '100%' }, true],
  [{ search: 'order_created' }, false],
  [{ statuses: ['DEAD_LETTER'], search: 'payment' }, false],
] as const)('a filter %j takes it: %s', (filter, taken) => {
  expect(matches(row, filter)).toBe(taken)
  if ('errorKinds' in filter && filter.errorKinds?.length)
    expect(matches({ ...row, lastErrorKind: null }, filter)).toBe(false)
})
