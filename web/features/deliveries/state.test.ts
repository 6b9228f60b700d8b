import { expect, test } from 'vitest'
import { stateOf } from './state.ts'

test.each([
  ['arrived', { status: 'DELIVERED' }],
  ['waiting', { status: 'PENDING' }],
  ['held', { status: 'PENDING', holdReason: 'CIRCUIT_OPEN' }],
  ['held', { status: 'FAILED', holdReason: 'WEBHOOK_PAUSED' }],
  ['retrying', { status: 'FAILED', holdReason: null }],
  ['dead', { status: 'DEAD_LETTER', recoveredBy: null }],
  ['recovered', { status: 'DEAD_LETTER', recoveredBy: { id: 'dlv_1' } }],
  ['recovered', { status: 'CANCELLED', recoveredBy: { id: 'dlv_1' } }],
  ['cancelled', { status: 'CANCELLED' }],
] as const)('a delivery is %s for %j', (state, delivery) => {
  expect(stateOf(delivery)).toBe(state)
})
