import { describe, expect, it } from 'vitest'
import type { Connection, Gain } from './connection.ts'
import { sayingOf } from './connection-messages.ts'

const say = (connection: Connection, now = 100_000) => {
  const saying = sayingOf(connection, now)
  return saying && saying.text + (saying.passing ?? '')
}
const cut = (since: number, retryAt: number | null = null, wasLive = true) =>
  say({ state: 'cut', since, wasLive, retryAt })
const back = (gain: Gain | null) => say({ state: 'back', since: 88_000, at: 100_000, gain })

describe('sayingOf', () => {
  it('is silent while all is well, and of a cut that may be over in a moment', () => {
    expect([say({ state: 'live' }), say({ state: 'connecting' }), cut(99_000)]).toEqual([null, null, null])
  })

  it('says since when nothing comes and what is done about it', () => {
    expect(cut(88_000)).toBe('Connection lost 12 s ago. Trying again…')
    expect(cut(88_000, 104_000)).toBe('Connection lost 12 s ago. Trying again in 4 s.')
    expect(cut(88_000, null, false)).toMatch(/^No live connection.*Trying again…$/)
    expect(say({ state: 'stopped', code: 4400, reason: 'Invalid message' })).toMatch(/Invalid message \(4400\)/)
  })

  it('says what came meanwhile', () => {
    expect(back({ kind: 'events', count: 37, more: false })).toBe('Back after 12 s: 37 events came meanwhile.')
    expect(back({ kind: 'events', count: 1, more: false })).toBe('Back after 12 s: 1 event came meanwhile.')
    expect(back({ kind: 'events', count: 0, more: false })).toBe('Back after 12 s: nothing came meanwhile.')
    expect(back({ kind: 'events', count: 2_000, more: true })).toMatch(/more than 2,000 events/)
    expect(back({ kind: 'reloaded' })).toMatch(/up to date/)
    expect(back({ kind: 'pruned' })).toMatch(/not kept any more/)
    expect(back(null)).toBe('Back after 12 s.')
  })
})
