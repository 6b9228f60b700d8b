/** A stored event that a rule would have counted. */
export interface SimulatedEvent {
  /** When it was received, in milliseconds since the epoch. */
  at: number
  groupKey: string
}

/** An alert that the rule would have raised: from when to when it would have fired (`to` null: it would still fire). */
export interface Firing {
  groupKey: string
  from: number
  to: number | null
}

interface Group {
  /** When the group's events were received. */
  times: number[]
  firing: Firing | null
}

/**
 * The alerts that a rule would have raised. `events` are in the order of their times; `until` is the end of the
 * history. An alert of a group is raised when the threshold is reached, and resolved when fewer events are in the
 * window.
 */
export function simulate(
  events: Iterable<SimulatedEvent>,
  { threshold, windowMs, until }: { threshold: number; windowMs: number; until: number },
): Firing[] {
  const firings: Firing[] = []
  const groups = new Map<string, Group>()
  /**
   * When the newest events will no longer reach the threshold within one window; null if there are too few of them
   * anyway.
   */
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
    // All events of the same instant count before an alert is resolved.
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
