import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advance } from './advance.ts'
import { MISSING, POLICY, STARTING, STOPPED, UNHEALTHY, WELL } from './fixtures.ts'
import { type Member, viewFleet } from './fleet.ts'
import { NEW_TARGET, type Verdict } from './state.ts'

const NOW = 1_800_000_000_000
const ENGINE_RESTART: Verdict = { kind: 'unwell', trigger: 'engine-restart', reason: 'stopped with it', certain: true }

const member = (name: string, verdict: Verdict, dependsOn: string[] = []): Member => ({
  name,
  dependsOn,
  isSelf: false,
  isNamed: true,
  advanced: advance({ ...NEW_TARGET, state: 'HEALTHY', wellSince: NOW - 1_000 }, verdict, {
    now: NOW,
    policy: POLICY,
    countsProbes: true,
  }),
})
const many = (down: number, well: number, verdict: Verdict = UNHEALTHY) => [
  ...Array.from({ length: down }, (_, i) => member(`down-${i}`, verdict)),
  ...Array.from({ length: well }, (_, i) => member(`well-${i}`, WELL)),
]
const holdKinds = (members: Member[]) => [...viewFleet(members, POLICY).holds.values()].map(({ kind }) => kind)

describe('the storm brake', () => {
  test('prevents every restart while more than half is down, and none before that', () => {
    expect(viewFleet(many(5, 1), POLICY)).toMatchObject({ isStorm: true, failing: 5, watched: 6 })
    expect(holdKinds(many(5, 1))).toEqual(['storm', 'storm', 'storm', 'storm', 'storm'])
    expect(holdKinds(many(3, 3))).toEqual([])
    expect(holdKinds(many(2, 0))).toEqual([])
  })

  test('ignores targets that are not watched now and those that a restarted engine has stopped', () => {
    expect(holdKinds([...many(3, 2), member('stopped', STOPPED), member('gone', MISSING)])).toHaveLength(3)
    expect(holdKinds(many(6, 0, ENGINE_RESTART))).toEqual([])
    const former = many(9, 0).map((one) => ({ ...one, name: `former-${one.name}`, isNamed: false }))
    expect(viewFleet([...many(3, 3), ...former], POLICY)).toMatchObject({ isStorm: false, failing: 3, watched: 6 })
  })

  test('is on exactly when at least three and more than half of all watched are down', () => {
    fc.assert(
      fc.property(fc.nat(12), fc.nat(12), (down, well) => {
        const { isStorm, holds } = viewFleet(many(down, well), POLICY)
        expect(isStorm).toBe(down >= 3 && down > well)
        expect(holds.size).toBe(isStorm ? down : 0)
      }),
    )
  })
})

describe('a dependency of a target', () => {
  test('is restarted first; a container that is missing or no target delays nothing', () => {
    for (const verdict of [UNHEALTHY, STARTING, STOPPED]) {
      const { holds } = viewFleet([member('api', UNHEALTHY, ['db', 'unknown']), member('db', verdict)], POLICY)
      expect(holds.get('api')).toMatchObject({ kind: 'dependency', reason: expect.stringContaining('waits for db') })
      expect(holds.has('db')).toBe(false)
    }
    for (const verdict of [WELL, MISSING])
      expect(holdKinds([member('api', UNHEALTHY, ['db']), member('db', verdict)])).toEqual([])
    const former = { ...member('db', STOPPED), isNamed: false }
    expect(holdKinds([member('api', UNHEALTHY, ['db']), former])).toEqual([])
  })

  test('does not wait in a circle', () => {
    const circle = [member('a', UNHEALTHY, ['b']), member('b', UNHEALTHY, ['c']), member('c', WELL, ['a'])]
    expect(holdKinds(circle)).toEqual([])
    expect(holdKinds([member('alone', UNHEALTHY, ['alone'])])).toEqual([])
  })

  test('never delays all targets that are down: one is always first', () => {
    const graph = fc.array(fc.array(fc.nat(7), { maxLength: 4 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(graph, (edges) => {
        const names = edges.map((_, i) => `t${i}`)
        const down = edges.map((to, i) =>
          member(
            `t${i}`,
            UNHEALTHY,
            to.map((n) => `t${n}`),
          ),
        )
        // Enough other targets are well, so this is no storm.
        const { holds } = viewFleet([...down, ...many(0, 9)], POLICY)
        expect(names.some((name) => !holds.has(name))).toBe(true)
      }),
    )
  })
})
