import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Firing, type SimulatedEvent, simulate } from './simulate.ts'

const GROUPS = ['a', 'b']

/** Finds the firings by brute force: tests for each millisecond whether its window reaches the threshold. */
function byEachMoment(
  events: readonly SimulatedEvent[],
  { threshold, windowMs, until }: { threshold: number; windowMs: number; until: number },
): Firing[] {
  return GROUPS.flatMap((groupKey) => {
    const times = events.filter((event) => event.groupKey === groupKey).map(({ at }) => at)
    const firings: Firing[] = []
    let firing: Firing | null = null
    for (let now = 0; now <= until; now++) {
      const reached = times.filter((at) => at <= now && at > now - windowMs).length >= threshold
      if (reached && !firing) {
        firing = { groupKey, from: now, to: null }
        firings.push(firing)
      } else if (!reached && firing) {
        firing.to = now
        firing = null
      }
    }
    return firings
  })
}

const inOrder = (firings: readonly Firing[]) =>
  firings.toSorted((a, b) => a.from - b.from || a.groupKey.localeCompare(b.groupKey))

test('a preview raises and resolves exactly when an evaluation at every moment would', () => {
  const event = fc.record({ at: fc.integer({ min: 0, max: 60 }), groupKey: fc.constantFrom(...GROUPS) })
  const rule = fc.record({ threshold: fc.integer({ min: 1, max: 5 }), windowMs: fc.integer({ min: 1, max: 20 }) })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), rule, (unordered, { threshold, windowMs }) => {
      const events = unordered.toSorted((a, b) => a.at - b.at)
      const options = { threshold, windowMs, until: 80 }
      expect(inOrder(simulate(events, options))).toEqual(inOrder(byEachMoment(events, options)))
    }),
    { numRuns: 500 },
  )
})
