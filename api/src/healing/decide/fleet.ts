import type { Advanced } from './advance.ts'
import type { Policy } from './state.ts'

/** Why a restart that a target needs is not made now. */
export interface Hold {
  kind: 'self' | 'monitor-only' | 'storm' | 'dependency'
  reason: string
}

/** A target, as the rules for all targets together see it. */
export interface Member {
  name: string
  /** Names of the targets that this one depends on. Names of other containers are ignored. */
  dependsOn: readonly string[]
  /** Whether the target is the container that this healer runs in. */
  isSelf: boolean
  /** Whether a source still names the target. If not, it counts for no rule and delays no other target. */
  isNamed: boolean
  advanced: Advanced
}

const SELF: Hold = { kind: 'self', reason: 'it is the healer itself' }

/**
 * Minimum number of targets that must be down for a storm. In a small installation, one or two targets may already be
 * more than half.
 */
const STORM_MIN = 3

export interface FleetView {
  /**
   * Whether more than half of the watched targets are down at once. They probably have a common cause, which restarts
   * would not remove.
   */
  isStorm: boolean
  failing: number
  watched: number
  holds: ReadonlyMap<string, Hold>
}

/** Applies the rules for all targets together to the restarts that single targets need. Pure. */
export function viewFleet(members: readonly Member[], policy: Policy): FleetView {
  const watched = members.filter(isWatched)
  const failing = watched.filter(({ advanced }) => advanced.state.isDown && !isEngineRestart(advanced))
  const isStorm = failing.length >= STORM_MIN && failing.length * 2 > watched.length
  const byName = new Map(members.filter(({ isNamed }) => isNamed).map((member) => [member.name, member]))
  const holds = new Map<string, Hold>()
  for (const member of members) {
    const hold = member.isSelf ? SELF : member.advanced.wants && holdOf(member, byName, policy, isStorm)
    if (hold) holds.set(member.name, hold)
  }
  return { isStorm, failing: failing.length, watched: watched.length, holds }
}

/**
 * Whether a target counts for the storm brake. A target that was given up does not count, because it would keep the
 * brake on permanently.
 */
function isWatched({ isNamed, advanced: { state } }: Member): boolean {
  return isNamed && !['MISSING', 'MAINTENANCE', 'GIVEN_UP', 'FLAPPING'].includes(state.state)
}

/** If Docker itself stopped the targets, the cause is known, and starting them is the remedy. */
const isEngineRestart = ({ verdict }: Advanced) => verdict.kind === 'unwell' && verdict.trigger === 'engine-restart'

function holdOf(
  member: Member,
  byName: ReadonlyMap<string, Member>,
  policy: Policy,
  isStorm: boolean,
): Hold | undefined {
  if (policy.mode === 'monitor') return { kind: 'monitor-only', reason: 'monitor-only mode' }
  if (isStorm && !isEngineRestart(member.advanced))
    return { kind: 'storm', reason: 'more than half of all targets are down at once' }
  for (const name of member.dependsOn) {
    const other = byName.get(name)
    // A container that is missing cannot be started here, so waiting for it would have no end.
    if (!other || other === member || ['well', 'missing'].includes(other.advanced.verdict.kind)) continue
    // Targets with circular dependencies do not wait for each other.
    if (!reaches(other, member.name, byName))
      return { kind: 'dependency', reason: `it waits for ${name}, which is ${other.advanced.state.state}` }
  }
  return undefined
}

/** Whether `from` depends on `name`, directly or through others. */
function reaches(from: Member, name: string, byName: ReadonlyMap<string, Member>): boolean {
  const seen = new Set<string>()
  const waiting = [...from.dependsOn]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next === name) return true
    if (seen.has(next)) continue
    seen.add(next)
    waiting.push(...(byName.get(next)?.dependsOn ?? []))
  }
  return false
}
