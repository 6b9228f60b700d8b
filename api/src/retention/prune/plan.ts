import type { Day, DayState } from '../policies/policy.ts'
import type { DayContent } from './inventory.ts'

/** One tenant's part of a day to prune. */
export interface ScopeOfDay {
  tenantId: string | null
  events: number
}

/** The plan for one day. */
export interface DayPlan {
  day: Day
  /**
   * `drop`: all rows of the day have expired, so its partitions are dropped. `delete`: other tenants keep theirs, so
   * the rows of `scopes` are deleted in batches.
   */
  how: 'drop' | 'delete'
  /** The tenants that lose events. Empty if only an empty partition is dropped. */
  scopes: readonly ScopeOfDay[]
}

export interface PlanInput {
  contents: readonly DayContent[]
  /** Days before `before` that have a partition, possibly without rows. */
  partitions: ReadonlySet<Day>
  before: Day
  stateOf: (tenantId: string | null, day: Day) => DayState
}

/** Plans the days that have expired rows, oldest first. Pure. */
export function planDays({ contents, partitions, before, stateOf }: PlanInput): DayPlan[] {
  const days = new Map<Day, DayContent[]>()
  for (const content of contents) {
    if (content.day < before) days.set(content.day, [...(days.get(content.day) ?? []), content])
  }
  const plans: DayPlan[] = []
  for (const day of [...new Set([...days.keys(), ...partitions])].sort((a, b) => a - b)) {
    if (day >= before) continue
    const present = days.get(day) ?? []
    const expired = present.filter(({ tenantId }) => stateOf(tenantId, day) === 'EXPIRED')
    const scopes = expired
      .filter(({ events, open }) => events > open)
      .map(({ tenantId, events, open }) => ({ tenantId, events: events - open }))
    const goesWhole =
      partitions.has(day) && expired.length === present.length && expired.every(({ open }) => open === 0)
    if (goesWhole) plans.push({ day, how: 'drop', scopes })
    else if (scopes.length > 0) plans.push({ day, how: 'delete', scopes })
  }
  return plans
}
