import { expect, test } from 'vitest'
import { likelihoodText, verdictOf } from './verdict.ts'

const delivery = {
  status: 'DEAD_LETTER',
  holdReason: null,
  attemptCount: 8,
  maxAttempts: 8,
  lastError: 'answered 503',
  lastErrorKind: 'HTTP_5XX',
  lastStatusCode: 503,
  recoveredBy: null,
} as const

test.each([
  ['Given up after 8 attempts: HTTP 503.', {}],
  ['Given up after one attempt: No connection.', { attemptCount: 1, lastErrorKind: 'CONNECT', lastStatusCode: null }],
  ['Failed twice: HTTP 503. 6 attempts are left.', { status: 'FAILED', attemptCount: 2 }],
  ['Failed 7 times: HTTP 503. One attempt is left.', { status: 'FAILED', attemptCount: 7 }],
  ['Arrived at the first attempt, in 120 ms.', { status: 'DELIVERED', attemptCount: 1 }],
  ['Its replay arrived.', { recoveredBy: { __typename: 'Delivery', id: 'dlv_1' } }],
  ['Cancelled by Ada: no longer wanted.', { status: 'CANCELLED', lastError: 'cancelled by Ada: no longer wanted' }],
] as const)('%s', (text, changes) => {
  expect(verdictOf({ ...delivery, ...changes }, 120)).toBe(text)
})

test('a held delivery shows its hold reason', () => {
  expect(verdictOf({ ...delivery, status: 'PENDING', holdReason: 'CIRCUIT_OPEN' })).toMatch(/probe/)
})

test('a likelihood is described as text', () => {
  expect([0.95, 0.6, 0.1].map(likelihoodText)).toEqual([
    'would probably arrive now',
    'might arrive now',
    'would probably fail again',
  ])
})
