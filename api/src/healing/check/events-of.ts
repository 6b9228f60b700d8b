import type { SystemEvent } from '../../events/publish/publish-in-transaction.ts'
import { attemptEvent, endEvent, stateEvent, stormEvent } from '../announce.ts'
import type { FleetView } from '../decide/fleet.ts'
import type { EndedAttempt } from './attempts.ts'
import type { Conclusion } from './conclude.ts'

/** The events of a stored conclusion, in their order: first how an attempt ended, then what was decided. */
export function eventsOf({ surveyed, decision }: Conclusion, ended: EndedAttempt | null): SystemEvent[] {
  const { container, services } = surveyed.target
  const service = services[0] ?? container
  const end = ended && endEvent({ ...ended, service, container })
  const { restart } = decision
  return [
    ...(end ? [end] : []),
    ...(restart ? [attemptEvent({ ...restart, number: restart.attempt, service, container })] : []),
    ...decision.announcements.map((announcement) =>
      stateEvent(announcement, { service, container, reason: decision.state.reason }),
    ),
  ]
}

/** The event of a storm that began at `since`. */
export function stormEventOf(conclusions: readonly Conclusion[], { failing, watched }: FleetView, since: Date) {
  const down = conclusions.filter(({ decision }) => decision.state.isDown)
  const services = down.map(({ surveyed }) => surveyed.target.container).toSorted()
  return stormEvent({ failing, watched, services, since })
}
