import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Connection, type ConnectionEvent, endOf, next, RESTING, retryDelay } from './connection.ts'

const run = (...events: ConnectionEvent[]): Connection => events.reduce(next, RESTING)
const connected = (at: number) => ({ type: 'connected', at }) as const
const closed = (at: number, code = 1006) => ({ type: 'closed', at, code, reason: '' }) as const
const tick = (at: number) => ({ type: 'tick', at }) as const
const connecting = { type: 'connecting' } as const
const gain = { kind: 'events', count: 37, more: false } as const

describe('a connection', () => {
  it('counts missed events from the first interruption over all attempts', () => {
    const cut = run(connecting, connected(0), closed(1_000), { type: 'waiting', until: 1_400 })
    expect(cut).toEqual({ state: 'cut', since: 1_000, wasLive: true, retryAt: 1_400 })
    const again = [connecting, closed(2_000), connecting].reduce(next, cut)
    expect(again).toEqual({ state: 'cut', since: 1_000, wasLive: true, retryAt: null })
    const up = next(again, connected(13_000))
    expect(up).toEqual({ state: 'catchingUp', since: 1_000, at: 13_000 })
    const back = next(up, { type: 'caughtUp', at: 13_200, gain })
    expect(back).toEqual({ state: 'back', since: 1_000, at: 13_200, gain })
    expect([next(back, tick(23_100)), next(back, tick(23_200))]).toEqual([back, { state: 'live' }])
  })

  it('that is interrupted again before catching up counts from the first interruption', () => {
    const cut = run(connecting, connected(0), closed(1_000), connecting, connected(5_000), closed(5_100))
    expect(cut).toMatchObject({ state: 'cut', since: 1_000 })
  })

  it('does not report unnoticed interruptions or unknown gains', () => {
    expect(run(connecting, connected(0), closed(1_000), connecting, connected(2_400))).toEqual({ state: 'live' })
    const silent = run(connecting, connected(0), closed(1_000), connecting, connected(5_000), tick(20_000))
    expect(silent).toMatchObject({ state: 'back', gain: null })
  })

  it('that never existed is not reported as restored', () => {
    const first = run(connecting, closed(1_000))
    expect(first).toMatchObject({ state: 'cut', wasLive: false })
    expect(next(first, connected(9_000))).toEqual({ state: 'live' })
  })

  it('stops if the API refuses it, is idle without subscriptions, and is otherwise interrupted', () => {
    const live = run(connecting, connected(0))
    // The socket's token has expired, but the session may continue.
    expect(next(live, closed(1, 4403))).toMatchObject({ state: 'cut' })
    expect(next(live, { ...closed(1, 4400), reason: 'Invalid message' })).toEqual({
      state: 'stopped',
      code: 4400,
      reason: 'Invalid message',
    })
    expect(next(live, closed(1, 1000))).toEqual(RESTING)
    for (const code of [1001, 1006, 1012, 1013, 4408, 4499]) expect(endOf(code)).toBe('cut')
  })

  it('becomes live after any sequence of events once it connects and catches up', () => {
    const at = fc.integer({ min: 0, max: 100_000 })
    const event = fc.oneof(
      fc.constant(connecting),
      at.map(connected),
      fc.tuple(at, fc.constantFrom(1000, 1001, 1006, 4400, 4408, 4429, 4500)).map(([when, code]) => closed(when, code)),
      at.map((until) => ({ type: 'waiting', until }) as const),
      at.map((when) => ({ type: 'caughtUp', at: when, gain }) as const),
      at.map(tick),
    )
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const end = [connecting, connected(200_000), { type: 'caughtUp', at: 200_000, gain } as const, tick(300_000)]
        expect(end.reduce(next, run(...events))).toEqual({ state: 'live' })
      }),
    )
  })
})

it('backs off up to 15 s with jitter', () => {
  expect([0, 1, 2, 10, 1_000].map((attempt) => retryDelay(attempt, 0))).toEqual([250, 500, 1_000, 7_500, 7_500])
  expect([0, 1, 2, 10, 1_000].map((attempt) => retryDelay(attempt, 0.999))).toEqual([500, 1_000, 1_999, 14_993, 14_993])
})
