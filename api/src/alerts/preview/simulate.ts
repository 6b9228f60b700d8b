/** A stored event that a rule would have counted: its time and its group. */
export interface SimulatedEvent {
  /** Milliseconds. */
  at: number
  groupKey: string
}

/** A time at which the rule would have raised an alert, and when it would have been resolved (null: it would fire now). */
export interface Firing {
  groupKey: string
  from: number
  to: number | null
}

interface Group {
  /** When its events were received. */
  times: number[]
  firing: Firing | null
}

/**
 * The alerts that a rule would have raised over events in the order of their times: an alert of a group is raised when its
 * threshold is reached and resolved when fewer events are in the window. `until` is the end of the history.
 */
export function simulate(
  events: Iterable<SimulatedEvent>,
  { threshold, windowMs, until }: { threshold: number; windowMs: number; until: number },
): Firing[] {
  const firings: Firing[] = []
  const groups = new Map<string, Group>()
  /** When the newest events that reach the threshold are no longer in one window; null: there are too few. */
  const reachedUntil = ({ times }: Group): number | null => {
    const oldest = times[times.length - threshold]
    return oldest === undefined ? null : oldest + windowMs
  }
  const resolve = (group: Group, now: number) => {
    const end = reachedUntil(group)
    if (group.firing === null || end === null || end > now) return
    group.firing.to = end
    group.firing = null
  }

  for (const { at, groupKey } of events) {
    const group = groups.get(groupKey) ?? { times: [], firing: null }
    groups.set(groupKey, group)
    // Events of the same instant all count before it is judged.
    resolve(group, at - 1)
    group.times.push(at)
    const end = reachedUntil(group)
    if (group.firing !== null || end === null || end <= at) continue
    group.firing = { groupKey, from: at, to: null }
    firings.push(group.firing)
  }
  for (const group of groups.values()) resolve(group, until)
  return firings
}
