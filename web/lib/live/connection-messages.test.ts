import { describe, expect, it } from 'vitest'
import type { Connection, Gain } from './connection.ts'
import { connectionMessage } from './connection-messages.ts'

const say = (connection: Connection, now = 100_000) => {
  const message = connectionMessage(connection, null, now)
  return message && message.text + (message.passing ?? '')
}
const cut = (since: number, retryAt: number | null = null, wasLive = true) =>
  say({ state: 'cut', since, wasLive, retryAt })
const back = (gain: Gain | null) => say({ state: 'back', since: 88_000, at: 100_000, gain })

describe('connectionMessage', () => {
  it('shows nothing while connected and during short interruptions', () => {
    expect([say({ state: 'live' }), say({ state: 'connecting' }), cut(99_000)]).toEqual([null, null, null])
  })

  it('shows how long the connection is lost and the next retry', () => {
    expect(cut(88_000)).toBe('Connection lost 12 s ago. Trying again…')
    expect(cut(88_000, 104_000)).toBe('Connection lost 12 s ago. Retrying in 4 s.')
    expect(cut(88_000, null, false)).toMatch(/^No live connection.*Trying again…$/)
    expect(say({ state: 'stopped', code: 4400, reason: 'Invalid message' })).toMatch(/Invalid message \(4400\)/)
  })

  it('reports a silent API, also if only a request is pending', () => {
    expect(say({ state: 'silent', since: 95_000 })).toBe('The API does not answer. Waiting for 5 s.')
    expect(connectionMessage({ state: 'live' }, 92_000, 100_000)?.passing).toBe(' Waiting for 8 s.')
  })

  it('reports missed events', () => {
    expect(back({ kind: 'events', count: 37, more: false })).toBe('Back after 12 s: 37 events arrived meanwhile.')
    expect(back({ kind: 'events', count: 1, more: false })).toBe('Back after 12 s: 1 event arrived meanwhile.')
    expect(back({ kind: 'events', count: 0, more: false })).toBe('Back after 12 s: nothing arrived meanwhile.')
    expect(back({ kind: 'events', count: 2_000, more: true })).toMatch(/more than 2,000 events/)
    expect(back({ kind: 'reloaded' })).toMatch(/up to date/)
    expect(back({ kind: 'pruned' })).toMatch(/no longer stored/)
    expect(back(null)).toBe('Back after 12 s.')
  })
})
