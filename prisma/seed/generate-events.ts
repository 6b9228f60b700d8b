import { createChronicle, type DemoEvent } from './events.ts'
import type { Chance } from './random.ts'
import { invoice, maintenance, order, pruning, STORIES, type Teller } from './scenarios.ts'

export const DEMO_DAYS = 3
const EVENTS = 3_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Generates the events of an installation over three days. Most are during the day; the last one is seconds old. */
export function tellStories(chance: Chance, now: number): DemoEvent[] {
  const chronicle = createChronicle(chance, now)
  let last = 1_000
  const teller: Teller = { chance, tell: chronicle.tell, fresh: () => ++last }
  const begin = now - DEMO_DAYS * DAY

  for (let day = Math.ceil(begin / DAY) * DAY; day < now; day += DAY) pruning(teller, day + 3 * HOUR)
  maintenance(teller, now - 2.2 * DAY)
  maintenance(teller, now - 5 * HOUR)
  while (chronicle.events().length < EVENTS) {
    for (let i = 0; i < 50; i++) {
      const at = begin + chance.next() * (now - begin)
      if (!chance.happens(bustle(at))) continue
      const [story, tenantId] = chance.weighted(STORIES)
      story(teller, at, tenantId)
    }
  }
  // Orders for the receivers of webhooks.ts: one is down now, and one was down earlier.
  for (let ago = 26 * MINUTE; ago > 10_000; ago -= 45_000) order(teller, now - ago, 'tenant-2')
  for (let ago = 120 * MINUTE; ago > 70 * MINUTE; ago -= 3 * MINUTE) invoice(teller, now - ago, 'tenant-1')
  // The deliveries of these events are pending when the demo starts.
  for (const [ago, tenantId] of JUST_NOW) order(teller, now - ago, tenantId)
  return chronicle.events()
}

const JUST_NOW: readonly (readonly [ago: number, tenantId: string])[] = [
  [4_100, 'tenant-demo'],
  [3_300, 'tenant-2'],
  [2_400, 'tenant-demo'],
  [1_500, 'tenant-demo'],
  [700, 'tenant-2'],
  [200, 'tenant-demo'],
]

/** The load at an hour of the day (UTC), as a share of the busiest hour's. */
function bustle(at: number): number {
  const hour = (at % DAY) / HOUR
  return 0.35 + 0.65 * Math.max(0, Math.sin(((hour - 5) / 16) * Math.PI))
}
