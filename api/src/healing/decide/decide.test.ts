import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { released } from './decide.ts'
import { check, MISSING, POLICY, PROBE_FAILS, restarted, STARTING, STOPPED, UNHEALTHY, WELL } from './fixtures.ts'
import { type Announcement, backoffAfter, NEW_TARGET, type Policy, type TargetState, type Verdict } from './state.ts'

const T0 = 1_800_000_000_000
const MINUTE = 60_000

/** A target that has been well for long enough to be stable. */
const stable = (): TargetState => check(check(NEW_TARGET, WELL, T0 - POLICY.stableMs).state, WELL, T0).state

describe('a restart', () => {
  test('is made at once when Docker itself reports the container as unhealthy', () => {
    const { state, restart } = check(stable(), UNHEALTHY, T0)
    expect(restart).toMatchObject({ trigger: 'docker-health', attempt: 1 })
    expect(state).toMatchObject({ state: 'HEALING', nextActionAt: T0 + POLICY.backoffMs, restarts: [T0] })
  })

  test('requires as many consecutive failed probes as the threshold; checks without a probe do not count', () => {
    let { state, restart } = check(stable(), PROBE_FAILS, T0)
    for (let i = 0; i < 5; i++) ({ state } = check(state, PROBE_FAILS, T0 + 1_000, { countsProbes: false }))
    ;({ state, restart } = check(state, PROBE_FAILS, T0 + 15_000))
    expect({ state: state.state, failures: state.consecutiveFailures, restart }).toEqual({
      state: 'UNHEALTHY',
      failures: 2,
      restart: null,
    })
    expect(check(check(state, WELL, T0 + 20_000).state, PROBE_FAILS, T0 + 30_000).restart).toBeNull()
    expect(check(state, PROBE_FAILS, T0 + 30_000).restart).toMatchObject({ trigger: 'probe' })
  })

  test('is judged by the next checks: healthy, or not healthy in time', () => {
    const asked = check(stable(), UNHEALTHY, T0).state
    expect(check(asked, UNHEALTHY, T0 + 5_000)).toMatchObject({ ended: null, state: { state: 'HEALING' } })
    const running = restarted(asked, T0 + 10_000)
    expect(check(running, STARTING, T0 + 20_000)).toMatchObject({ ended: null, state: { state: 'HEALING' } })
    expect(check(running, PROBE_FAILS, T0 + 20_000)).toMatchObject({ ended: null, state: { state: 'HEALING' } })
    expect(check(running, WELL, T0 + 20_000)).toMatchObject({
      ended: { outcome: 'SUCCEEDED' },
      state: { state: 'HEALTHY', consecutiveFailures: 0, isDown: false },
    })
    const late = check(running, STARTING, T0 + 10_000 + POLICY.verifyMs)
    expect(late).toMatchObject({ ended: { outcome: 'FAILED' }, restart: null })
    // The back-off runs from the end of the attempt, because the attempt took longer than the back-off.
    expect(check(late.state, UNHEALTHY, T0 + 75_000).state.state).toBe('BACKING_OFF')
    expect(check(late.state, UNHEALTHY, T0 + 81_000).restart).toMatchObject({ attempt: 2 })
  })

  test('fails if Docker refuses it or does not answer', () => {
    const asked = check(stable(), UNHEALTHY, T0).state
    const refused = { ...asked, healing: { ...asked.healing!, error: 'no such image' } }
    expect(check(refused, UNHEALTHY, T0 + 1_000).ended).toMatchObject({ outcome: 'FAILED', message: 'no such image' })
    expect(check(asked, UNHEALTHY, T0 + POLICY.restartMs).ended).toMatchObject({ outcome: 'FAILED' })
    expect(check(asked, MISSING, T0 + 1_000)).toMatchObject({
      ended: { outcome: 'FAILED' },
      state: { state: 'MISSING' },
    })
    expect(check(restarted(asked, T0), STOPPED, T0 + 1_000)).toMatchObject({
      ended: { outcome: 'FAILED', message: 'stopped by a user while it was being healed' },
      state: { state: 'MAINTENANCE' },
    })
  })

  test('is followed up: true if the target stayed healthy, false as soon as it fails', () => {
    const healed = check(restarted(check(stable(), UNHEALTHY, T0).state, T0), WELL, T0 + 1_000).state
    const attemptId = healed.followUp!.attemptId
    expect(check(healed, WELL, T0 + POLICY.followUpMs).followUp).toBeNull()
    expect(check(healed, WELL, T0 + 1_000 + POLICY.followUpMs).followUp).toEqual({ attemptId, stillHealthy: true })
    const fallen = check(healed, UNHEALTHY, T0 + 30_000)
    expect(fallen.followUp).toEqual({ attemptId, stillHealthy: false })
    expect(check(fallen.state, UNHEALTHY, T0 + 31_000).followUp).toBeNull()
    expect(check(healed, MISSING, T0 + 1_000 + POLICY.followUpMs)).toMatchObject({
      followUp: null,
      state: { followUp: null },
    })
  })
})

describe('a target', () => {
  /** The target falls and is healed again and again, a minute each. */
  const cycle = (state: TargetState, at: number) => {
    const fallen = check(state, UNHEALTHY, at)
    return fallen.restart ? check(restarted(fallen.state, at), WELL, at + 10_000).state : fallen.state
  }

  test('that fails repeatedly is FLAPPING and not restarted until it is released or has been stable', () => {
    let state = stable()
    for (let i = 0; i < POLICY.flapThreshold - 1; i++) state = cycle(state, T0 + i * 2 * MINUTE)
    const last = check(state, UNHEALTHY, T0 + 8 * MINUTE)
    expect(last).toMatchObject({ restart: null, state: { state: 'FLAPPING' }, announcements: [{ kind: 'flapping' }] })
    const later = check(last.state, UNHEALTHY, T0 + 9 * MINUTE)
    expect(later).toMatchObject({ restart: null, state: { state: 'FLAPPING' }, announcements: [] })
    expect(check(released(later.state), UNHEALTHY, T0 + 10 * MINUTE).restart).not.toBeNull()
    const well = check(later.state, WELL, T0 + 10 * MINUTE).state
    expect(well.state).toBe('FLAPPING')
    expect(check(well, WELL, T0 + 10 * MINUTE + POLICY.stableMs).state).toMatchObject({ state: 'HEALTHY', streak: 0 })
  })

  test('that no restart helps is GIVEN_UP after the cap, and this is announced once', () => {
    let state = stable()
    let restarts = 0
    const announced: string[] = []
    for (let at = T0; at < T0 + 50 * MINUTE; at += 5_000) {
      const seen = check(state, UNHEALTHY, at)
      announced.push(...seen.announcements.map(({ kind }) => kind))
      if (seen.restart) restarts += 1
      state = seen.restart ? restarted(seen.state, at) : seen.state
    }
    expect({ restarts, state: state.state, reason: state.reason, announced }).toEqual({
      restarts: POLICY.maxRestarts,
      state: 'GIVEN_UP',
      reason: `down after ${POLICY.maxRestarts} restarts; health check fails`,
      announced: ['given-up'],
    })
    expect(check(state, UNHEALTHY, T0 + 51 * MINUTE, { isManual: true }).restart).toMatchObject({ trigger: 'manual' })
  })

  test('that is GIVEN_UP is announced again every hour while it stays down, and no more after its release', () => {
    const givenUp: TargetState = {
      ...stable(),
      state: 'GIVEN_UP',
      givenUp: { restarts: 5, remindAt: T0 + 60 * MINUTE },
    }
    const announced = new Map<number, readonly Announcement[]>()
    let state = givenUp
    for (let minute = 1; minute <= 150; minute++) {
      const seen = check(state, UNHEALTHY, T0 + minute * MINUTE)
      if (seen.announcements.length > 0) announced.set(minute, seen.announcements)
      state = seen.state
    }
    const reminder = [{ kind: 'given-up', restarts: 5 }]
    expect(announced).toEqual(
      new Map([
        [60, reminder],
        [120, reminder],
      ]),
    )
    expect(check(state, WELL, T0 + 200 * MINUTE).announcements).toEqual([])
    expect(check(released(state), UNHEALTHY, T0 + 200 * MINUTE).announcements).toEqual([])
  })

  test('that was stopped by a user, is missing or runs the healer itself is not touched', () => {
    for (const verdict of [STOPPED, MISSING]) expect(check(stable(), verdict, T0).restart).toBeNull()
    const self = check(stable(), UNHEALTHY, T0, { isSelf: true })
    expect(self).toMatchObject({ restart: null, suppressed: { message: expect.stringContaining('healer itself') } })
    expect(check(self.state, UNHEALTHY, T0 + 1_000, { isSelf: true }).suppressed).toBeNull()
    expect(check(stable(), UNHEALTHY, T0, { isSelf: true, isManual: true }).restart).toBeNull()
    expect(check(stable(), STOPPED, T0, { isManual: true }).restart).toMatchObject({ trigger: 'manual' })
  })

  test('in monitor-only mode is only watched; the restart that was not made is recorded once for each fall', () => {
    const policy: Policy = { ...POLICY, mode: 'monitor' }
    const first = check(stable(), UNHEALTHY, T0, { policy })
    expect(first).toMatchObject({
      restart: null,
      suppressed: { trigger: 'docker-health' },
      state: { state: 'UNHEALTHY' },
    })
    const second = check(first.state, UNHEALTHY, T0 + 15_000, { policy })
    expect(second.suppressed).toBeNull()
    const well = check(second.state, WELL, T0 + 30_000, { policy }).state
    expect(check(well, UNHEALTHY, T0 + 45_000, { policy }).suppressed).not.toBeNull()
  })
})

/** Changes of a target between two checks. */
interface Step {
  afterMs: number
  verdict: Verdict
  isManual: boolean
  maintenanceMs: number | null
  /** The result of a restart in progress. */
  docker: 'works' | 'refuses' | 'is busy'
}

const steps = fc.array(
  fc.record<Step>({
    afterMs: fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 400_000 })),
    verdict: fc.constantFrom(WELL, WELL, STARTING, MISSING, STOPPED, UNHEALTHY, UNHEALTHY, UNHEALTHY, PROBE_FAILS),
    isManual: fc.integer({ min: 0, max: 20 }).map((n) => n === 0),
    maintenanceMs: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, fc.integer({ min: 1, max: 1_000_000 })),
    docker: fc.constantFrom('works', 'works', 'refuses', 'is busy'),
  }),
  { minLength: 10, maxLength: 200 },
)

/** Runs a target through the steps and returns its automatic restarts. */
function simulate(history: readonly Step[], policy: Policy, onRestart: (restart: Restart) => void): Restart[] {
  let state = stable()
  let now = T0
  const restarts: Restart[] = []
  for (const { afterMs, verdict, isManual, maintenanceMs, docker } of history) {
    now += afterMs
    if (maintenanceMs !== null) state = { ...state, maintenanceUntil: now + maintenanceMs }
    if (state.healing?.phase === 'restarting' && docker === 'works') state = restarted(state, now, policy)
    if (state.healing?.phase === 'restarting' && docker === 'refuses')
      state = { ...state, healing: { ...state.healing, error: 'refused' } }
    const { maintenanceUntil } = state
    const seen = check(state, verdict, now, { policy, isManual })
    if (seen.restart && seen.restart.trigger !== 'manual') {
      const restart = { at: now, streak: seen.state.streak, maintenanceUntil, before: [...restarts] }
      onRestart(restart)
      restarts.push(restart)
    }
    state = seen.state
  }
  return restarts
}

interface Restart {
  at: number
  streak: number
  maintenanceUntil: number | null
  before: Restart[]
}

const policies = fc.record({
  failureThreshold: fc.integer({ min: 1, max: 4 }),
  backoffMs: fc.integer({ min: 1_000, max: 60_000 }),
  backoffMaxMs: fc.integer({ min: 60_000, max: 600_000 }),
  maxRestarts: fc.integer({ min: 1, max: 6 }),
  windowMs: fc.integer({ min: 60_000, max: 3_600_000 }),
  flapThreshold: fc.integer({ min: 2, max: 50 }),
})

describe('whatever happens, an automatic restart', () => {
  test('never comes within the back-off of the one before', () => {
    fc.assert(
      fc.property(steps, policies, (history, varied) => {
        const policy = { ...POLICY, ...varied }
        simulate(history, policy, ({ at, before }) => {
          const last = before.at(-1)
          if (last) expect(at - last.at).toBeGreaterThanOrEqual(backoffAfter(last.streak, policy))
        })
      }),
      { numRuns: 500 },
    )
  })

  test('never makes more than the cap within any window', () => {
    fc.assert(
      fc.property(steps, policies, (history, varied) => {
        const policy = { ...POLICY, ...varied }
        simulate(history, policy, ({ at, before }) => {
          const within = before.filter((restart) => restart.at > at - policy.windowMs).length + 1
          expect(within).toBeLessThanOrEqual(policy.maxRestarts)
        })
      }),
      { numRuns: 500 },
    )
  })

  test('never comes in maintenance, and does come without it', () => {
    let made = 0
    fc.assert(
      fc.property(steps, (history) => {
        made += simulate(history, POLICY, ({ at, maintenanceUntil }) => {
          expect(maintenanceUntil === null || maintenanceUntil <= at).toBe(true)
        }).length
      }),
      { numRuns: 500 },
    )
    expect(made).toBeGreaterThan(500)
  })

  test('is the only thing that begins an attempt, and each attempt ends at most once', () => {
    fc.assert(
      fc.property(steps, (history) => {
        let state = stable()
        let now = T0
        const open = new Set<string>()
        for (const step of history) {
          now += step.afterMs
          if (state.healing && step.docker === 'works') state = restarted(state, now)
          const seen = check(state, step.verdict, now, { isManual: step.isManual })
          if (seen.ended) expect(open.delete(seen.ended.attemptId)).toBe(true)
          if (seen.restart) open.add(seen.restart.attemptId)
          expect(open.size).toBe(seen.state.healing ? 1 : 0)
          state = seen.state
        }
      }),
    )
  })
})

test('the back-off doubles up to its cap', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 100].map((streak) => backoffAfter(streak, POLICY) / 1_000)).toEqual([
    10, 20, 40, 80, 160, 300, 300, 300,
  ])
})
