import { describe, expect, test } from 'vitest'
import { NEW_TARGET } from '../decide/state.ts'
import type { ContainerState } from '../docker/engine.ts'
import { NEW_RUN, readMemory } from '../targets/memory.ts'
import { observe, type Sight } from './observe.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const RUNNING: ContainerState = {
  status: 'running',
  health: null,
  exitCode: 0,
  oomKilled: false,
  startedAt: '2026-03-01T11:00:00.5Z',
  finishedAt: 0,
  isTty: false,
}
const sight = (over: Partial<Sight> = {}): Sight => ({
  containerId: 'c1',
  state: RUNNING,
  hasProbe: true,
  probe: undefined,
  causeOf: () => 'unknown',
  now: NOW,
  restartMs: 30_000,
  ...over,
})

describe('a run of a container', () => {
  test('began when its start was seen; a run that is seen for the first time began at the time that the engine reports', () => {
    const first = observe(NEW_RUN, sight())
    expect(first.seen?.runningMs).toBe(3_599_500)
    const restarted = sight({ state: { ...RUNNING, startedAt: '2026-03-01T11:59:00Z' }, now: NOW + 1_000 })
    expect(observe(first.run, restarted).seen?.runningMs).toBe(0)
    expect(observe(NEW_RUN, sight({ state: { ...RUNNING, startedAt: '2027-01-01T00:00:00Z' } })).seen?.runningMs).toBe(
      0,
    )
  })

  test('keeps the last result of its health URL until the next one, and not beyond its end', () => {
    const { run } = observe(NEW_RUN, sight({ probe: { ok: false, error: 'answered 503' } }))
    expect(observe(run, sight()).seen?.probe).toEqual({ ok: false, error: 'answered 503' })
    expect(observe(run, sight({ state: { ...RUNNING, startedAt: 'later' } })).seen?.probe).toBeNull()
    expect(observe(run, sight({ hasProbe: false })).seen?.probe).toBeNull()
    expect(observe(run, null)).toEqual({ seen: null, run: NEW_RUN })
  })
})

describe('the end of a run', () => {
  const ended = (finishedAt: number, causeOf: Sight['causeOf']) =>
    sight({ state: { ...RUNNING, status: 'exited', exitCode: 137, finishedAt }, causeOf })

  test('is stored with its cause, for workers that have not received the event', () => {
    const { run, seen } = observe(
      NEW_RUN,
      ended(NOW - 100, () => 'hand'),
    )
    expect(seen?.endedBy).toBe('hand')
    expect(
      observe(
        run,
        ended(NOW - 100, () => 'unknown'),
      ).seen?.endedBy,
    ).toBe('hand')
    expect(
      observe(
        run,
        ended(NOW + 100, () => 'unknown'),
      ).seen?.endedBy,
    ).toBe('unknown')
  })

  test('that looked like a stop by a user was one of the engine if the engine has restarted since', () => {
    const { run } = observe(
      NEW_RUN,
      ended(NOW - 100, () => 'hand'),
    )
    expect(
      observe(
        run,
        ended(NOW - 100, () => 'engine'),
      ).seen?.endedBy,
    ).toBe('engine')
  })

  test('caused by our own restart is not a stop by a user', () => {
    const before = { ...NEW_RUN, containerId: 'c1', startedAt: RUNNING.startedAt, sentAt: NOW - 5_000 }
    expect(
      observe(
        before,
        ended(NOW - 1_000, () => 'hand'),
      ).seen?.endedBy,
    ).toBe('itself')
    expect(
      observe(
        { ...before, sentAt: NOW - 60_000 },
        ended(NOW - 1_000, () => 'hand'),
      ).seen?.endedBy,
    ).toBe('hand')
  })
})

test('a stored memory that cannot be read is replaced by a new one', () => {
  const memory = { state: { ...NEW_TARGET, streak: 3 }, run: NEW_RUN }
  expect(readMemory(JSON.parse(JSON.stringify(memory)))).toEqual(memory)
  expect(readMemory({ state: { state: 'DANCING' } })).toEqual({ state: NEW_TARGET, run: NEW_RUN })
  expect(readMemory(null)).toEqual({ state: NEW_TARGET, run: NEW_RUN })
})
