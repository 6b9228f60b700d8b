import { describe, expect, it } from 'vitest'
import { replayEnd } from './replay-end.ts'

describe('replayEnd', () => {
  it('waits for the first attempt', () => {
    expect(replayEnd({ status: 'PENDING', attemptCount: 0 })).toBeNull()
    expect(replayEnd({ status: 'PENDING', attemptCount: 0, holdReason: 'CIRCUIT_OPEN' })).toBeNull()
  })

  it('ends with the first failure, though it will be retried, and says why it failed', () => {
    const lastError = '503 Service Unavailable'
    expect(replayEnd({ status: 'FAILED', attemptCount: 1, lastError })).toMatchObject({
      title: 'Replay failed, will be retried',
      reason: lastError,
    })
    expect(replayEnd({ status: 'DEAD_LETTER', attemptCount: 1, lastError })).toMatchObject({
      color: 'red',
      reason: lastError,
    })
  })

  it('does not repeat an error that was overcome', () => {
    expect(replayEnd({ status: 'DELIVERED', attemptCount: 2, lastError: 'timed out' })).toEqual({
      color: 'teal',
      title: 'Replay delivered',
      reason: null,
    })
  })
})
